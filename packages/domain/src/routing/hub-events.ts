import type { Secrets } from "../access/secrets.ts";
import type { IdentityKey } from "../devices/device.ts";
import { describeDigitalTwinChange } from "../digital-twins/digital-twin-change.ts";
import type { EventSource } from "../events/event-origin.ts";
import { partitionOf } from "../events/partition-key.ts";
import type { HubObserver } from "../hubs/hub-observer.ts";
import { deviceJobDocument } from "../jobs/device-job-document.ts";
import type { DeviceJobStatus } from "../jobs/job.ts";
import type { JsonValue } from "../json/json-value.ts";
import type { TextCodec } from "../json/text-codec.ts";
import type { PropertyValue } from "../telemetry/message.ts";
import { messageProperties } from "../telemetry/message.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { Twin } from "../twins/twin.ts";
import type { TwinChange } from "../twins/twin-change.ts";
import { describeChange, describeTwin } from "../twins/twin-change.ts";
import type { EventPipeline, PipelineSource } from "./event-pipeline.ts";
import type { RoutingSource } from "./routing-settings.ts";

export interface HubEventsParts {
  readonly pipeline: EventPipeline;
  readonly hubName: string;
  readonly partitionCount: number;
  readonly secrets: Pick<Secrets, "createUuid">;
  readonly clock: Clock;
  readonly text: TextCodec;
  readonly findTwin: (key: IdentityKey) => Promise<Twin | undefined>;
  readonly isConnected: (key: IdentityKey) => boolean;
}

/** Connections that come and go within this time are told of once, as they are at its end. */
export const CONNECTION_SNAPSHOT_INTERVAL_MS = 5_000;

/** How far a job is with a device. The service has this source, but says nowhere what it calls these. */
const JOB_OPERATIONS = {
  pending: "deviceJobPending",
  running: "deviceJobRunning",
  completed: "deviceJobCompleted",
  failed: "deviceJobFailed",
  canceled: "deviceJobCanceled",
} as const satisfies Record<DeviceJobStatus, string>;

interface HubEvent {
  readonly routingSource: RoutingSource;
  readonly source: EventSource;
  readonly schema: string;
  readonly operation: string;
  readonly key: IdentityKey;
  readonly body: JsonValue;
  /** "application/json" when it is not given. */
  readonly contentType?: string;
  readonly modelId?: string;
}

/**
 * What happens in the hub, as events beside the telemetry, where a route asks for it. They follow what they
 * tell of: a change counts once it is stored, whether or not its event could be. (protocol reference:
 * service-facing 6)
 */
export function createHubEvents(parts: HubEventsParts): HubObserver & Disposable {
  const { pipeline, hubName, clock } = parts;
  const connections = new Map<string, { key: IdentityKey; wasConnected: boolean }>();
  let snapshot: Timer | undefined;
  let lastSequence = 0n;

  function tell(event: HubEvent): void {
    const { routingSource, source, schema, operation, key, body, modelId } = event;
    const application = new Map<string, PropertyValue>([
      ["hubName", hubName],
      ["deviceId", key.deviceId],
      ...(key.moduleId === undefined ? [] : [["moduleId", key.moduleId] as const]),
      ["operationTimestamp", new Date(clock.now()).toISOString().replace("Z", "0000Z")],
      ["iothub-message-schema", schema],
      ["opType", operation],
    ]);
    const system = {
      contentType: event.contentType ?? "application/json",
      contentEncoding: "utf-8",
      correlationId: parts.secrets.createUuid(),
      userId: hubName,
    };
    const origin: PipelineSource = {
      identity: key,
      partition: partitionOf(key.deviceId, parts.partitionCount),
      origin: {
        source,
        identity: key,
        generationId: undefined,
        authMethod: undefined,
        modelId: modelId === "" ? undefined : modelId,
      },
    };
    const message = {
      properties: messageProperties(system, application),
      body: parts.text.encode(JSON.stringify(body)),
    };
    // The log has said why it could not take an event; nobody waits for this one.
    pipeline.accept(routingSource, origin, [message]).catch(() => {});
  }

  function tellOfLife(operation: string, key: IdentityKey, twin: Twin | undefined): void {
    if (twin === undefined) return;
    tell({
      routingSource: "DeviceLifecycleEvents",
      source: "deviceLifecycleEvents",
      schema: "deviceLifecycleNotification",
      operation,
      key,
      body: describeTwin(twin),
    });
  }

  function tellOfTwin(change: TwinChange): void {
    tell({
      routingSource: "TwinChangeEvents",
      source: "twinChangeEvents",
      schema: "twinChangeNotification",
      operation: change.kind,
      key: change.twin.key,
      body: describeChange(change),
      modelId: change.twin.modelId,
    });
  }

  /** Only who announces a model is a digital twin. */
  function tellOfDigitalTwin({ kind, before, twin }: TwinChange): void {
    if (twin.modelId === "") return;
    const operations = describeDigitalTwinChange(before, twin);
    if (operations.length === 0) return;
    tell({
      routingSource: "DigitalTwinChangeEvents",
      source: "digitalTwinChangeEvents",
      schema: "digitalTwinChangeNotification",
      operation: kind,
      key: twin.key,
      body: operations,
      contentType: "application/json-patch+json",
      modelId: twin.modelId,
    });
  }

  function takeSnapshot(): void {
    snapshot = undefined;
    const changed = [...connections.values()];
    connections.clear();
    for (const { key, wasConnected } of changed) {
      const isConnected = parts.isConnected(key);
      if (isConnected === wasConnected) continue;
      tell({
        routingSource: "DeviceConnectionStateEvents",
        source: "deviceConnectionStateEvents",
        schema: "deviceConnectionStateNotification",
        operation: isConnected ? "deviceConnected" : "deviceDisconnected",
        key,
        body: { sequenceNumber: nextSequence() },
      });
    }
  }

  /** 256 bits as text that grows from event to event, after a restart too. */
  function nextSequence(): string {
    const fromClock = BigInt(clock.now()) << 64n;
    lastSequence = fromClock > lastSequence ? fromClock : lastSequence + 1n;
    return lastSequence.toString(16).toUpperCase().padStart(64, "0");
  }

  return {
    twinChanged(change) {
      if (pipeline.listensTo("TwinChangeEvents")) tellOfTwin(change);
      if (pipeline.listensTo("DigitalTwinChangeEvents")) tellOfDigitalTwin(change);
    },
    identityCreated(key) {
      if (!pipeline.listensTo("DeviceLifecycleEvents")) return;
      parts.findTwin(key).then(
        (twin) => tellOfLife("createDeviceIdentity", key, twin),
        // Gone again before it could be looked at.
        () => {},
      );
    },
    identityDeleted(key, twin) {
      if (!pipeline.listensTo("DeviceLifecycleEvents")) return;
      tellOfLife("deleteDeviceIdentity", key, twin);
    },
    connectionChanged(key, isConnected) {
      if (!pipeline.listensTo("DeviceConnectionStateEvents")) return;
      const name = `${key.deviceId}/${key.moduleId ?? ""}`;
      // The first change since the last look tells how it was then.
      if (!connections.has(name)) connections.set(name, { key, wasConnected: !isConnected });
      snapshot ??= clock.after(CONNECTION_SNAPSHOT_INTERVAL_MS, takeSnapshot);
    },
    deviceJobChanged(deviceJob) {
      if (!pipeline.listensTo("DeviceJobLifecycleEvents")) return;
      tell({
        routingSource: "DeviceJobLifecycleEvents",
        source: "deviceJobLifecycleEvents",
        schema: "deviceJobLifecycleNotification",
        operation: JOB_OPERATIONS[deviceJob.status],
        key: deviceJob.key,
        body: deviceJobDocument(deviceJob),
      });
    },
    [Symbol.dispose]() {
      snapshot?.cancel();
    },
  };
}
