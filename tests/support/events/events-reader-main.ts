// A reader as a user would write one: the official client, the CA in NODE_EXTRA_CA_CERTS. It prints each
// event as a line of JSON and goes on until its standard input closes.
import type { EventPosition } from "@azure/event-hubs";
import { EventHubConsumerClient, latestEventPosition } from "@azure/event-hubs";
import WebSocket from "ws";

export interface ReaderRequest {
  readonly connectionString: string;
  readonly consumerGroup: string;
  readonly transport: "tcp" | "websocket";
  /** The same for all partitions, or one for each. */
  readonly start: EventPosition | "latest" | Readonly<Record<string, EventPosition>>;
  /** A reader with one shares its partitions with nobody. */
  readonly ownerLevel?: number;
}

const request = JSON.parse(process.argv[2] ?? "") as ReaderRequest;
const client = new EventHubConsumerClient(
  request.consumerGroup,
  request.connectionString,
  request.transport === "websocket" ? { webSocketOptions: { webSocket: WebSocket } } : {},
);

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const subscription = client.subscribe(
  {
    processEvents: async (events, context) => {
      for (const event of events) {
        say({
          partitionId: context.partitionId,
          sequenceNumber: event.sequenceNumber,
          offset: event.offset,
          enqueuedAtMs: event.enqueuedTimeUtc.getTime(),
          body: Buffer.isBuffer(event.body) ? event.body.toString() : (event.body as unknown),
          properties: event.properties ?? {},
          systemProperties: event.systemProperties ?? {},
          messageId: event.messageId,
          correlationId: event.correlationId,
          contentType: event.contentType,
        });
      }
    },
    processInitialize: async (context) => say({ ready: context.partitionId }),
    processError: async (error) =>
      say({ error: "code" in error ? `${error.code}: ${error.message}` : String(error) }),
  },
  {
    startPosition: request.start === "latest" ? latestEventPosition : request.start,
    maxBatchSize: 200,
    maxWaitTimeInSeconds: 1,
    ...(request.ownerLevel === undefined ? {} : { ownerLevel: request.ownerLevel }),
  },
);

process.stdin.resume();
process.stdin.once("end", () => {
  void subscription
    .close()
    .then(() => client.close())
    .finally(() => process.exit(0));
});
