type Method<Store> = {
  [Key in keyof Store]: Store[Key] extends (...args: never[]) => Promise<unknown> ? Key : never;
}[keyof Store] &
  string;

export interface FailingStore<Store extends object> {
  /** The same store, but for the calls that are told to fail. */
  readonly store: Store;
  /** Every call of the method rejects until `heal`; what was stored stays as it is. */
  readonly failOn: (method: Method<Store>, error: Error) => void;
  readonly heal: () => void;
}

/** Puts faults between a use case and any store that is an interface of promises. */
export function createFailingStore<Store extends object>(inner: Store): FailingStore<Store> {
  const failures = new Map<string | symbol, Error>();
  const store = new Proxy(inner, {
    get(target, property) {
      const failure = failures.get(property);
      if (failure !== undefined) return () => Promise.reject(failure);
      const value: unknown = Reflect.get(target, property, target);
      // Stores keep their state in private fields, which only the store itself can reach.
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    store,
    failOn: (method, error) => void failures.set(method, error),
    heal: () => failures.clear(),
  };
}
