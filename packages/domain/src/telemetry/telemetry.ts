import type { AuthenticatedIdentity } from "../access/access.ts";
import { describeIdentity } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { EventLog } from "../events/event-log.ts";
import { partitionOf } from "../events/partition-key.ts";
import type { Admission } from "../limits/admission.ts";
import { blocksOf } from "../limits/admission.ts";
import type { Faults } from "../faults/faults.ts";
import type { Limits } from "../limits/limits.ts";
import type { Session } from "../sessions/session.ts";
import type { EventPipeline } from "../routing/event-pipeline.ts";
import type { Message } from "./message.ts";

export interface TelemetryParts {
  readonly eventLog: EventLog;
  readonly pipeline: EventPipeline;
  readonly limits: Limits;
  readonly admission: Admission;
  /** Absent unless an operator lets devices ask for faults. */
  readonly faults: Faults | undefined;
}

/** Who messages come from and where they go: a session, or a request that came without one. */
export type TelemetrySource = Pick<Session, "identity" | "origin" | "partition">;

/** Messages from devices on their way into the event log. */
export class Telemetry {
  readonly #parts: TelemetryParts;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
  }

  /** True while the disk is behind: heads stop reading from their sockets until `drained`. */
  get isCongested(): boolean {
    return this.#parts.eventLog.isCongested;
  }

  drained(): Promise<void> {
    return this.#parts.eventLog.drained();
  }

  /** For a protocol whose every request proves itself anew; a session is a source already. */
  sourceOf({ identity, generationId, authMethod }: AuthenticatedIdentity): TelemetrySource {
    return {
      identity,
      origin: { source: "Telemetry", identity, generationId, authMethod, modelId: undefined },
      partition: partitionOf(identity.deviceId, this.#parts.eventLog.partitionCount),
    };
  }

  /**
   * Takes everything one read brought, all or nothing, in order. Resolves when it is on disk, wherever it is
   * routed to: nobody acknowledges before. Throws `MessageTooLarge`, `Throttled`, `QuotaExceeded` or a fault that the
   * device asked for, rejects with `EventLogUnavailable`.
   */
  accept(source: TelemetrySource, messages: readonly Message[]): Promise<void> {
    const { pipeline, limits, admission, faults } = this.#parts;
    faults?.checkMessages(source.identity);
    for (const message of messages) {
      const bytes = message.body.length + message.properties.sizeBytes;
      if (bytes > limits.telemetryBytesMax) {
        throw new HubError(
          "MessageTooLarge",
          `A message of ${bytes} bytes from '${describeIdentity(source.identity)}' exceeds ${limits.telemetryBytesMax}`,
          { deviceId: source.identity.deviceId, bytes },
        );
      }
    }
    faults?.take(source.identity, messages);
    const turn = admission.admit("telemetry", {
      count: messages.length,
      charge: (blockBytes) => blocksOfAll(messages, blockBytes),
    });
    // No promise where there is nothing to wait for: this is the way of every message.
    if (turn === undefined) return pipeline.accept("DeviceMessages", source, messages);
    return turn.then(() => pipeline.accept("DeviceMessages", source, messages));
  }
}

function blocksOfAll(messages: readonly Message[], blockBytes: number): number {
  let blocks = 0;
  for (const { body, properties } of messages) {
    blocks += blocksOf(body.length + properties.sizeBytes, blockBytes);
  }
  return blocks;
}
