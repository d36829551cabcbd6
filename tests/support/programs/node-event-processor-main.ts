// One of several readers of a consumer group as users write them with @azure/event-hubs and its checkpoint
// store, for tests to drive: see Program.
import { BlobCheckpointStore } from "@azure/eventhubs-checkpointstore-blob";
import type { Subscription } from "@azure/event-hubs";
import { EventHubConsumerClient, earliestEventPosition } from "@azure/event-hubs";
import { ContainerClient } from "@azure/storage-blob";
import WebSocket from "ws";
import { serveCalls } from "./serve-calls.ts";

interface BeginRequest {
  readonly transport: "tcp" | "websocket";
  readonly group: string;
  readonly strategy: "balanced" | "greedy";
  readonly intervalMs: number;
  readonly expiryMs: number;
}

const env = (name: string): string => process.env[name] ?? "";

const owned = new Set<string>();
const processed: { partition: string; sequenceNumber: number; body: string }[] = [];
const closings: string[] = [];
const errors: string[] = [];
let client: EventHubConsumerClient | undefined;
let subscription: Subscription | undefined;

const calls: Record<string, (args: never) => unknown> = {
  async beginProcessor({ transport, group, strategy, intervalMs, expiryMs }: BeginRequest) {
    const container = new ContainerClient(
      env("FILES_CONNECTION_STRING"),
      env("FILES_CONTAINER_NAME"),
    );
    if (!(await container.exists())) throw new Error("There is no container for checkpoints");
    client = new EventHubConsumerClient(
      group,
      env("EVENTS_CONNECTION_STRING"),
      new BlobCheckpointStore(container),
      {
        loadBalancingOptions: {
          strategy,
          updateIntervalInMs: intervalMs,
          partitionOwnershipExpirationIntervalInMs: expiryMs,
        },
        ...(transport === "websocket" ? { webSocketOptions: { webSocket: WebSocket } } : {}),
      },
    );
    subscription = client.subscribe(
      {
        processInitialize: async ({ partitionId }) => void owned.add(partitionId),
        processEvents: async (events, context) => {
          const last = events.at(-1);
          if (last === undefined) return;
          await context.updateCheckpoint(last);
          const partition = context.partitionId;
          for (const { sequenceNumber, body } of events) {
            processed.push({ partition, sequenceNumber, body: String(body) });
          }
        },
        processClose: async (reason, { partitionId }) => {
          owned.delete(partitionId);
          closings.push(reason);
        },
        processError: async (error) => {
          errors.push("code" in error ? error.code : error.name);
        },
      },
      { startPosition: earliestEventPosition, maxBatchSize: 10, maxWaitTimeInSeconds: 1 },
    );
    return null;
  },

  state: () => ({ owned: [...owned].toSorted(), processed, closings, errors }),

  async endProcessor() {
    await subscription?.close();
    await client?.close();
    return null;
  },
};

serveCalls(calls);
