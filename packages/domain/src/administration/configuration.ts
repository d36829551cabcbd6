import type { EtagCondition } from "../devices/device-registry.ts";

interface Kept {
  readonly name: string;
  readonly etag: string;
  readonly isDeleted: boolean;
}

/** Absent members stay. */
type ChangeOf<Settings> = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

export interface ConfigurationParts<Settings extends Kept> {
  readonly store: {
    find(name: string): Promise<Settings | undefined>;
    put(settings: Settings, expectedEtag: string): Promise<"written" | "conflict">;
  };
  readonly createEtag: () => string;
  /** Throws what a change is refused with. */
  readonly check: (settings: Settings) => void;
  readonly refusals: {
    readonly gone: (name: string) => Error;
    readonly changedMeanwhile: (name: string) => Error;
  };
}

/** Hears of settings that are stored and in use; neither throws nor holds anything up. */
export type SettingsListener<Settings> = (now: Settings, before: Settings) => void;

/**
 * Settings as they are now, and how an operator changes them: compare-and-set, on disk first, then in use
 * everywhere at once. Nobody keeps a copy; who needs something made of them listens.
 */
export class Configuration<Settings extends Kept, Change extends ChangeOf<Settings>> {
  readonly #parts: ConfigurationParts<Settings>;
  readonly #listeners = new Set<SettingsListener<Settings>>();
  #current: Settings;
  #last: Promise<unknown> = Promise.resolve();

  constructor(current: Settings, parts: ConfigurationParts<Settings>) {
    this.#current = current;
    this.#parts = parts;
  }

  get current(): Settings {
    return this.#current;
  }

  /** Told once of each change, in order. */
  observe(listener: SettingsListener<Settings>): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * What changes may depend on what is there: `decide` is asked again when another program was faster. Throws
   * what it throws, what the check throws, and the refusals.
   */
  change(
    decide: Change | ((current: Settings) => Change),
    condition: EtagCondition = "any",
  ): Promise<Settings> {
    // One after the other, so that what is in use is always what was stored last.
    const changed = this.#last.then(() => this.#change(decide, condition));
    this.#last = changed.catch(() => undefined);
    return changed;
  }

  async #change(
    decide: Change | ((current: Settings) => Change),
    condition: EtagCondition,
  ): Promise<Settings> {
    const { store, createEtag, check, refusals } = this.#parts;
    const { name } = this.#current;
    for (;;) {
      // Of the name there may be another one by now.
      if (this.#current.isDeleted) throw refusals.gone(name);
      const stored = await store.find(name);
      if (stored === undefined || stored.isDeleted) throw refusals.gone(name);
      if (condition !== "any" && condition.etag !== stored.etag) {
        throw refusals.changedMeanwhile(name);
      }
      const change = typeof decide === "function" ? decide(stored) : decide;
      const next = { ...withChange<Settings>(stored, change), etag: createEtag() };
      check(next);
      if ((await store.put(next, stored.etag)) === "conflict") continue;
      const before = this.#current;
      this.#current = next;
      for (const listener of this.#listeners) listener(next, before);
      return next;
    }
  }
}

export function withChange<Settings extends object>(
  settings: Settings,
  change: ChangeOf<Settings>,
): Settings {
  const present = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...settings, ...(Object.fromEntries(present) as Partial<Settings>) };
}
