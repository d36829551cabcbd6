import type { Hub, HubDirectory } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { AmqpMessage, AmqpWriter } from "@larimar/wire";
import type { AnswerStatus } from "./answer.ts";
import { encodeAnswer } from "./answer.ts";
import { isUnexpected, toStatus } from "../error-conditions.ts";
import { LinkRefusal, entityNotFound } from "../links/link-refusal.ts";

export interface ManagementParts {
  readonly hubs: HubDirectory;
  /** Throws `Unauthorized` when whoever asks may not read the events of any hub. */
  readonly admit: () => void;
  /** Throws `Unauthorized` when the connection may not read the events of this hub. */
  readonly authorize: (hub: Hub) => void;
  /** What the request's link was attached for: the hub of its address, else of the connection. */
  readonly hub: Hub | undefined;
  readonly onUnexpected: (error: unknown) => void;
}

const EVENT_HUB = "com.microsoft:eventhub";
const PARTITION = "com.microsoft:partition";
const OK: AnswerStatus = { code: 200, description: "OK" };

/** The event hub and its partitions, as clients ask for them. (protocol reference: service-facing 5.3) */
export function answerManagement(request: AmqpMessage, parts: ManagementParts): Uint8Array {
  try {
    parts.admit();
    const properties = request.applicationProperties;
    const type = properties.get("type");
    if (properties.get("operation") !== "READ" || (type !== EVENT_HUB && type !== PARTITION)) {
      throw new HubError("ArgumentInvalid", "Only READ of an event hub or a partition is known");
    }
    const hub = findHub(properties.get("name"), parts);
    parts.authorize(hub);
    if (type === EVENT_HUB) {
      return encodeAnswer(request, OK, (writer) => writeEventHub(writer, hub));
    }
    const partitionId = properties.get("partition");
    if (typeof partitionId !== "string") {
      throw new HubError("ArgumentInvalid", "The request names no partition");
    }
    if (!hub.events.partitionIds.includes(partitionId)) {
      throw entityNotFound([hub.settings.name, "Partitions", partitionId]);
    }
    const state = hub.events.partitionState(partitionId);
    return encodeAnswer(request, OK, (writer) => writePartition(writer, hub, partitionId, state));
  } catch (error) {
    if (error instanceof LinkRefusal) {
      const { condition, message: description } = error;
      return encodeAnswer(request, { code: 404, description, condition });
    }
    if (isUnexpected(error)) parts.onUnexpected(error);
    const { code, condition, description } = toStatus(error);
    return encodeAnswer(request, { code, description, condition });
  }
}

/** Some clients read through the hub's own address and give that as the name. */
function findHub(name: unknown, { hubs, hub }: ManagementParts): Hub {
  const found = typeof name === "string" && name !== "" ? hubs.find(name) : hub;
  const isOwnAddress = typeof name === "string" && /^\/?messages\/events\/?$/i.test(name);
  const meant = found ?? (isOwnAddress ? hub : undefined);
  if (meant !== undefined) return meant;
  throw entityNotFound(typeof name === "string" ? [name] : []);
}

function writeEventHub(writer: AmqpWriter, hub: Hub): void {
  const { partitionIds } = hub.events;
  writeMap(writer, [
    ["name", () => writer.string(hub.settings.name)],
    ["type", () => writer.string(EVENT_HUB)],
    ["created_at", () => writer.timestamp(hub.settings.createdAtMs)],
    ["partition_count", () => writer.int(partitionIds.length)],
    // An array: one client casts it to one.
    ["partition_ids", () => writer.stringArray(partitionIds)],
    ["georeplication_factor", () => writer.int(1)],
  ]);
}

function writePartition(
  writer: AmqpWriter,
  hub: Hub,
  partitionId: string,
  state: ReturnType<Hub["events"]["partitionState"]>,
): void {
  const isEmpty = state.lastPosition < state.firstPosition;
  writeMap(writer, [
    ["name", () => writer.string(hub.settings.name)],
    ["type", () => writer.string(PARTITION)],
    ["partition", () => writer.string(partitionId)],
    ["begin_sequence_number", () => writer.long(state.firstPosition)],
    ["last_enqueued_sequence_number", () => writer.long(state.lastPosition)],
    ["last_enqueued_offset", () => writer.string(String(state.lastPosition))],
    ["last_enqueued_time_utc", () => writer.timestamp(state.lastEnqueuedAtMs)],
    ["is_partition_empty", () => writer.boolean(isEmpty)],
  ]);
}

function writeMap(
  writer: AmqpWriter,
  entries: readonly (readonly [key: string, writeValue: () => void])[],
): void {
  const mark = writer.beginMap();
  for (const [key, writeValue] of entries) {
    writer.string(key);
    writeValue();
  }
  writer.end(mark, entries.length * 2);
}
