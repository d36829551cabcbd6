import type { Secrets } from "../../access/secrets.ts";
import { Configuration } from "../../administration/configuration.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import { checkProvisioningSettings } from "./check-provisioning-settings.ts";
import type { ProvisioningSettings, ProvisioningSettingsStore } from "./provisioning-settings.ts";
import { completeProvisioningSettings } from "./provisioning-settings.ts";

/** What stays as it was decided at creation. */
type FixedSettings = "name" | "etag" | "createdAtMs" | "idScope";

/** What may change after creation; absent members stay. */
export type ProvisioningSettingsChange = {
  readonly [Key in Exclude<keyof ProvisioningSettings, FixedSettings>]?:
    | ProvisioningSettings[Key]
    | undefined;
};

export interface ProvisioningConfigurationParts {
  readonly store: ProvisioningSettingsStore;
  readonly secrets: Secrets;
  readonly limits: ProvisioningLimits;
}

/**
 * Of a provisioning service. Changes throw `ArgumentInvalid`, `QuotaExceeded`, `PreconditionFailed`, and
 * `ServiceNotFound` once the service is deleted.
 */
export class ProvisioningConfiguration extends Configuration<
  ProvisioningSettings,
  ProvisioningSettingsChange
> {
  constructor(
    current: ProvisioningSettings,
    { store, secrets, limits }: ProvisioningConfigurationParts,
  ) {
    super(current, {
      store: {
        async find(name) {
          const stored = await store.find(name);
          return stored && completeProvisioningSettings(stored);
        },
        put: (settings, etag) => store.put(settings, etag),
      },
      createEtag: () => secrets.createEtag(),
      check: (settings) => checkProvisioningSettings(settings, { limits, secrets }),
      refusals: {
        gone: (name) => new ProvisioningError("ServiceNotFound", `There is no service '${name}'`),
        changedMeanwhile: (name) =>
          new ProvisioningError(
            "PreconditionFailed",
            `The ETag of provisioning service '${name}' does not match`,
          ),
      },
    });
  }
}
