import type { Secrets } from "../access/secrets.ts";
import type { HubDirectory } from "../hubs/hub-directory.ts";
import type { HubLifecycle } from "../hubs/hub-lifecycle.ts";
import type { TextCodec } from "../json/text-codec.ts";
import type { ProvisioningDirectory } from "../provisioning/provisioning-directory.ts";
import type { ProvisioningLifecycle } from "../provisioning/provisioning-lifecycle.ts";
import type { Clock } from "../time/clock.ts";

/** Everything a head may ask for an operator of the server. */
export interface Administration {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly text: TextCodec;
  readonly hubs: HubDirectory;
  readonly provisioning: ProvisioningDirectory;
  readonly hubLifecycle: HubLifecycle;
  readonly provisioningLifecycle: ProvisioningLifecycle;
  /** Resolves when what programs read about the server is as the settings are now. */
  published(): Promise<void>;
}
