interface Named {
  readonly name: string;
}

/** What comes and goes while the server runs: a hub, a provisioning service. */
interface Tenant extends AsyncDisposable {
  readonly settings: Named;
  readonly configuration: { change(to: { readonly isDeleted: true }): Promise<unknown> };
}

export interface LifecycleParts<Settings extends Named, Live extends Tenant> {
  readonly store: {
    find(name: string): Promise<Named | undefined>;
    put(settings: Settings, expectedEtag: undefined): Promise<"written" | "conflict">;
    delete(name: string): Promise<void>;
  };
  readonly directory: {
    find(name: string): Live | undefined;
    list(): readonly Live[];
    add(live: Live): void;
    remove(live: Live): void;
  };
  /** More are refused. */
  readonly countMax: number;
  readonly open: (settings: Settings) => Promise<Live>;
  /** Whether settings that are stored and not served are those of one whose deletion began. */
  readonly isBeingDeleted: (name: string) => Promise<boolean>;
  /** Whoever else refers to one that goes lets go of it, before it is erased. */
  readonly unlink: (name: string) => Promise<void>;
  /** Removes everything but the settings. */
  readonly erase: (name: string) => Promise<void>;
  /** Resolves when clients can find what is there now; what keeps them from it is told elsewhere. */
  readonly published: () => Promise<void>;
  readonly refusals: {
    readonly taken: (name: string) => Error;
    readonly tooMany: (countMax: number) => Error;
    readonly unknown: (name: string) => Error;
  };
}

/**
 * The order in which things come and go. One is there once its settings are stored, and gone once they are
 * removed; a server that ends in between serves the one and finishes removing the other when it starts.
 */
export class Lifecycle<Settings extends Named, Live extends Tenant> {
  readonly #parts: LifecycleParts<Settings, Live>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: LifecycleParts<Settings, Live>) {
    this.#parts = parts;
  }

  /** Whether a name is taken, also by one that is being removed. */
  async isTaken(name: string): Promise<boolean> {
    return (await this.#parts.store.find(name)) !== undefined;
  }

  /** `decide` throws what the creation is refused with. */
  create(decide: () => Settings): Promise<Live> {
    return this.#inTurn(() => this.#create(decide()));
  }

  /** A deletion that failed on the way is taken up again. */
  delete(name: string): Promise<void> {
    return this.#inTurn(() => this.#delete(name));
  }

  async #create(settings: Settings): Promise<Live> {
    const { store, directory, countMax, open, erase, published, refusals } = this.#parts;
    const { name } = settings;
    if (await this.isTaken(name)) throw refusals.taken(name);
    if (directory.list().length >= countMax) throw refusals.tooMany(countMax);
    // One of that name that could not be opened may have left something.
    await erase(name);
    if ((await store.put(settings, undefined)) === "conflict") throw refusals.taken(name);
    let live: Live;
    try {
      live = await open(settings);
    } catch (error) {
      await store.delete(name);
      throw error;
    }
    directory.add(live);
    await published();
    return live;
  }

  async #delete(name: string): Promise<void> {
    const { store, directory, isBeingDeleted, unlink, erase, published, refusals } = this.#parts;
    const live = directory.find(name);
    if (live !== undefined) {
      await live.configuration.change({ isDeleted: true });
      directory.remove(live);
      await live[Symbol.asyncDispose]();
    } else if (!(await isBeingDeleted(name))) {
      throw refusals.unknown(name);
    }
    await unlink(live?.settings.name ?? name);
    await erase(name);
    await store.delete(name);
    await published();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
