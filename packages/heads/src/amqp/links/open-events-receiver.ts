import type { EventsReader, Hub, StartPosition } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { AmqpMap, LinkTarget } from "@larimar/wire";
import { parseEventFilter } from "@larimar/wire";
import { authorizeEvents } from "../access/authorization.ts";
import type { OutgoingLink } from "../engine/outgoing-link.ts";
import { toAmqpError } from "../error-conditions.ts";
import { LinkRefusal, entityNotFound } from "./link-refusal.ts";
import type { LinkServices } from "./link-services.ts";
import { startEventsReceiver } from "./events-receiver.ts";

type PartitionTarget = Extract<LinkTarget, { kind: "partition" }>;

const RUNTIME_METRIC = "com.microsoft:enable-receiver-runtime-metric";
const EPOCH = "com.microsoft:epoch";

/**
 * A client wants to read a partition. Throws `LinkRefusal` or `HubError`. (protocol reference:
 * service-facing 5.4, 5.5)
 */
export async function openEventsReceiver(
  link: OutgoingLink,
  target: PartitionTarget,
  path: readonly string[],
  services: LinkServices,
): Promise<void> {
  const { clock, limits, tokens, log } = services;
  const hub = services.hubs.find(target.entity);
  if (hub === undefined) throw entityNotFound(path);
  const authorize = () => authorizeEvents(tokens.all(), hub, path.slice(1));
  authorize();
  const start = parseEventFilter(link.attach.source?.filter);
  if (start === undefined) {
    throw new LinkRefusal("amqp:not-implemented", "The filter is not one of an event reader");
  }
  const reader = await openReader({ link, target, path, hub, start });
  if (link.isOver) {
    reader[Symbol.dispose]();
    return;
  }
  services.reads(hub);
  const wantsMetric = link.attach.desiredCapabilities.includes(RUNTIME_METRIC);
  startEventsReceiver({
    link,
    reader,
    clock,
    readBytesMax: limits.readBytesMax,
    wantsMetric,
    onReadError: (error) => {
      log.error({ hub: hub.settings.name, err: error }, "events could not be read");
      link.detach(toAmqpError(error));
    },
  });
  link.accept({ offeredCapabilities: wantsMetric ? [RUNTIME_METRIC] : [] });
  services.detachAtExpiry(link, authorize);
}

async function openReader(request: {
  link: OutgoingLink;
  target: PartitionTarget;
  path: readonly string[];
  hub: Hub;
  start: StartPosition;
}): Promise<EventsReader> {
  const { link, target, path, hub, start } = request;
  try {
    return await hub.events.openReader({
      consumerGroup: target.consumerGroup,
      partitionId: target.partitionId,
      start,
      epoch: epochIn(link.attach.properties),
      onDisplaced: (error) => link.detach(toAmqpError(error)),
    });
  } catch (error) {
    const isUnknown =
      error instanceof HubError &&
      (error.code === "PartitionNotFound" || error.code === "ConsumerGroupNotFound");
    throw isUnknown ? entityNotFound(path) : error;
  }
}

/** The owner level. Clients write it as a long. */
function epochIn(properties: AmqpMap | undefined): bigint | undefined {
  const epoch = properties?.get(EPOCH);
  if (epoch === undefined || epoch === null) return undefined;
  if (typeof epoch === "bigint") return epoch;
  if (typeof epoch === "number" && Number.isInteger(epoch)) return BigInt(epoch);
  throw new LinkRefusal("com.microsoft:argument-error", "The epoch is not a whole number");
}
