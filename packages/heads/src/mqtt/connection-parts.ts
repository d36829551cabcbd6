import type { Clock, HubDirectory } from "@larimar/domain";
import type { PublishView } from "@larimar/wire";
import type { Log } from "../log.ts";
import type { Client } from "./connect/client.ts";
import type { MqttCloseReason } from "./close-reason.ts";
import type { IdleWatch } from "./idle-watch.ts";
import type { MqttLimits } from "./mqtt-limits.ts";
import type { ProvisioningClients } from "./provisioning/provisioning-clients.ts";
import type { PublishBatch } from "./publish/publish-batch.ts";

/**
 * What all connections of a head share. The batch, the view and the replies are in use only while one read
 * is being processed, which nothing interrupts; shared, they cost an idle connection nothing.
 */
export interface ConnectionParts {
  readonly hubs: HubDirectory;
  /** Absent where devices are registered by hand. */
  readonly provisioning: ProvisioningClients | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: MqttLimits;
  readonly idleWatch: IdleWatch;
  readonly batch: PublishBatch;
  readonly view: PublishView;
  readonly replies: Uint8Array[];
  /** The client is leaving; why is known when the server decided it. */
  readonly publishWill: (client: Client, reason: MqttCloseReason | undefined) => void;
  readonly onClosed: (connection: object) => void;
}
