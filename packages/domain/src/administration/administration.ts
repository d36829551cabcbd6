import type { HubDirectory } from "../hubs/hub-directory.ts";
import type { HubLifecycle } from "../hubs/hub-lifecycle.ts";
import type { ProvisioningDirectory } from "../provisioning/provisioning-directory.ts";
import type { ProvisioningLifecycle } from "../provisioning/provisioning-lifecycle.ts";

/** Everything a head may ask for an operator of the server. */
export interface Administration {
  readonly hubs: HubDirectory;
  readonly provisioning: ProvisioningDirectory;
  readonly hubLifecycle: HubLifecycle;
  readonly provisioningLifecycle: ProvisioningLifecycle;
  /** Resolves when what programs read about the server is as the settings are now. */
  published(): Promise<void>;
}
