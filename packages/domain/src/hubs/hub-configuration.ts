import type { Secrets } from "../access/secrets.ts";
import type { EtagCondition } from "../devices/device-registry.ts";
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

/** Hears of settings that are stored and in use; neither throws nor holds anything up. */
export type HubSettingsListener = (now: HubSettings, before: HubSettings) => void;

export interface HubConfigurationParts {
  readonly store: HubSettingsStore;
  readonly secrets: Secrets;
}

/**
 * The settings of a hub as they are now, and how an operator changes them: compare-and-set, on disk first, then
 * in use everywhere at once. Nobody keeps a copy; who needs something made of them listens.
 */
export class HubConfiguration {
  readonly #parts: HubConfigurationParts;
  readonly #listeners = new Set<HubSettingsListener>();
  #current: HubSettings;
  #last: Promise<unknown> = Promise.resolve();

  constructor(current: HubSettings, parts: HubConfigurationParts) {
    this.#current = current;
    this.#parts = parts;
  }

  get current(): HubSettings {
    return this.#current;
  }

  /** Told once of each change, in order. */
  observe(listener: HubSettingsListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * What changes may depend on what is there: `decide` is asked again when another program was faster. Throws
   * what it throws, `ArgumentInvalid`, `PreconditionFailed`, and `HubNotFound` once the hub is deleted.
   */
  change(
    decide: HubSettingsChange | ((current: HubSettings) => HubSettingsChange),
    condition: EtagCondition = "any",
  ): Promise<HubSettings> {
    // One after the other, so that what is in use is always what was stored last.
    const changed = this.#last.then(() => this.#change(decide, condition));
    this.#last = changed.catch(() => undefined);
    return changed;
  }

  async #change(
    decide: HubSettingsChange | ((current: HubSettings) => HubSettingsChange),
    condition: EtagCondition,
  ): Promise<HubSettings> {
    const { store, secrets } = this.#parts;
    for (;;) {
      // Of the name there may be another hub by now.
      if (this.#current.isDeleted) throw notFound(this.#current);
      const stored = await store.find(this.#current.name);
      if (stored === undefined || stored.isDeleted === true) throw notFound(this.#current);
      const current = completeHubSettings(stored, secrets);
      if (condition !== "any" && condition.etag !== current.etag) throw preconditionFailed(current);
      const next: HubSettings = {
        ...current,
        ...withoutAbsent(typeof decide === "function" ? decide(current) : decide),
        etag: secrets.createEtag(),
      };
      checkHubSettings(next, secrets);
      if ((await store.put(next, current.etag)) === "conflict") continue;
      const before = this.#current;
      this.#current = next;
      for (const listener of this.#listeners) listener(next, before);
      return next;
    }
  }
}

function withoutAbsent(change: HubSettingsChange): Partial<HubSettings> {
  const present = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present);
}

function notFound({ name }: HubSettings): HubError {
  return new HubError("HubNotFound", `There is no hub '${name}'`, { hub: name });
}

function preconditionFailed({ name }: HubSettings): HubError {
  return new HubError("PreconditionFailed", `The ETag of hub '${name}' does not match`, {
    hub: name,
  });
}
