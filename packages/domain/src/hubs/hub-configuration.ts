import type { Secrets } from "../access/secrets.ts";
import { Configuration, type SettingsListener } from "../administration/configuration.ts";
import { HubError } from "../errors/hub-error.ts";
import { checkHubSettings } from "./check-hub-settings.ts";
import type { HubSettings, HubSettingsStore } from "./hub-settings.ts";
import { completeHubSettings } from "./hub-settings.ts";

/** What stays as it was decided at creation. */
type FixedSettings = "name" | "etag" | "createdAtMs" | "partitionCount";

/** What may change while a hub is served; absent members stay. */
export type HubSettingsChange = {
  readonly [Key in Exclude<keyof HubSettings, FixedSettings>]?: HubSettings[Key] | undefined;
};

export type HubSettingsListener = SettingsListener<HubSettings>;

export interface HubConfigurationParts {
  readonly store: HubSettingsStore;
  readonly secrets: Secrets;
}

/**
 * Of a hub. Changes throw `ArgumentInvalid`, `PreconditionFailed`, and `HubNotFound` once the hub is deleted.
 */
export class HubConfiguration extends Configuration<HubSettings, HubSettingsChange> {
  constructor(current: HubSettings, { store, secrets }: HubConfigurationParts) {
    super(current, {
      store: {
        async find(name) {
          const stored = await store.find(name);
          return stored && completeHubSettings(stored, secrets);
        },
        put: (settings, etag) => store.put(settings, etag),
      },
      createEtag: () => secrets.createEtag(),
      check: (settings) => checkHubSettings(settings, secrets),
      refusals: {
        gone: (name) => new HubError("HubNotFound", `There is no hub '${name}'`, { hub: name }),
        changedMeanwhile: (name) =>
          new HubError("PreconditionFailed", `The ETag of hub '${name}' does not match`, {
            hub: name,
          }),
      },
    });
  }
}
