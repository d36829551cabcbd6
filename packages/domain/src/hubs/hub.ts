import { Access } from "../access/access.ts";
import type { Secrets } from "../access/secrets.ts";
import { DeviceRegistry } from "../devices/device-registry.ts";
import type { DeviceStore, PresenceStore } from "../devices/device-store.ts";
import type { EventEncoder } from "../events/event-encoder.ts";
import type { EventLog } from "../events/event-log.ts";
import { Events } from "../events/events.ts";
import type { Limits } from "../limits/limits.ts";
import { Sessions } from "../sessions/sessions.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import type { Clock } from "../time/clock.ts";
import type { HubSettings } from "./hub-settings.ts";

/** What one hub stands on; the composition root brings them. */
export interface HubParts {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly encoder: EventEncoder;
  readonly limits: Limits;
  readonly devices: DeviceStore;
  readonly presence: PresenceStore;
  readonly eventLog: EventLog;
}

/** Everything a head may ask of a hub. */
export interface Hub extends AsyncDisposable {
  readonly settings: HubSettings;
  readonly access: Access;
  readonly devices: DeviceRegistry;
  readonly sessions: Sessions;
  readonly telemetry: Telemetry;
  readonly events: Events;
}

export function createHub(settings: HubSettings, parts: HubParts): Hub {
  const { clock, secrets, encoder, limits, eventLog } = parts;
  const sessions = new Sessions({ clock, presence: parts.presence, eventLog });
  return {
    settings,
    access: new Access({ settings: () => settings, devices: parts.devices, secrets, clock }),
    devices: new DeviceRegistry({
      store: parts.devices,
      presence: parts.presence,
      sessions,
      secrets,
      clock,
      limits,
    }),
    sessions,
    telemetry: new Telemetry({ eventLog, encoder, limits }),
    events: new Events({ settings: () => settings, eventLog, limits }),
    async [Symbol.asyncDispose]() {
      await sessions[Symbol.asyncDispose]();
    },
  };
}
