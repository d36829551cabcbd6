import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import rhea from "rhea";
import type { ConnectionOptions, EventContext } from "rhea";
import { CommandError } from "../command-error.ts";
import type { Connection, HubConnection } from "../connection/connection-file.ts";
import { OWNER_POLICY, ownerToken } from "../hub/owner-token.ts";
import type { ReceivedEvent } from "./received-event.ts";
import { toReceivedEvent } from "./received-event.ts";

export interface WatchRequest {
  readonly connection: Connection;
  readonly hub: HubConnection;
  readonly from: "earliest" | "latest";
  /** Every partition is being read. */
  readonly onOpen: () => void;
  readonly onEvent: (event: ReceivedEvent) => void;
  readonly stop: AbortSignal;
}

/** The connection ends with its token. */
const TOKEN_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;
/** Events on their way here per partition. */
const CREDIT = 200;

/** Reads all partitions as an Event Hubs client does, until `stop`. Throws `CommandError`. */
export async function watchEvents(request: WatchRequest): Promise<void> {
  const { connection, hub, from, onOpen, onEvent, stop } = request;
  const client = rhea.create_container().connect(await connectionOptions(connection, hub));
  const { entityPath, partitionIds } = hub.events;
  const filter = rhea.filter.selector(
    `amqp.annotation.x-opt-offset > '${from === "earliest" ? "-1" : "@latest"}'`,
  );
  let opened = 0;
  for (const partitionId of partitionIds) {
    const address = `${entityPath}/ConsumerGroups/$Default/Partitions/${partitionId}`;
    const receiver = client.open_receiver({ source: { address, filter }, credit_window: CREDIT });
    receiver.on("receiver_open", () => {
      opened += 1;
      if (opened === partitionIds.length) onOpen();
    });
    receiver.on("message", ({ message }: EventContext) => {
      if (message !== undefined && !stop.aborted) onEvent(toReceivedEvent(message, partitionId));
    });
  }
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string) => reject(new CommandError(reason));
    stop.addEventListener("abort", () => {
      client.close();
      resolve();
    });
    client.on("receiver_error", ({ receiver }: EventContext) => {
      fail(`The server refused to deliver events (${describe(receiver?.error)}).`);
      client.close();
    });
    client.on("connection_error", (context: EventContext) => {
      fail(`The server refused the connection (${describe(context.connection.error)}).`);
    });
    client.on("disconnected", (context: EventContext) => {
      const { host, ports } = connection;
      const reason = describe(context.error);
      fail(`The connection to ${host}:${ports.amqp} is gone (${reason}); is the server running?`);
    });
  });
}

async function connectionOptions(
  { host, ports, caFile }: Connection,
  hub: HubConnection,
): Promise<ConnectionOptions> {
  return {
    transport: "tls",
    host,
    port: ports.amqp,
    ...(isIP(hub.hostName) === 0 && { servername: hub.hostName }),
    hostname: hub.hostName,
    ca: [await readFile(caFile)],
    username: `${OWNER_POLICY}@sas.root.${hub.name}`,
    password: ownerToken(hub, TOKEN_LIFETIME_MS),
    reconnect: false,
  };
}

function describe(error: unknown): string {
  const said = (error ?? {}) as Partial<Record<"condition" | "description" | "message", string>>;
  return said.description ?? said.message ?? said.condition ?? "no reason given";
}
