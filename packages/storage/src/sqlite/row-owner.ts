import { HubError, ProvisioningError } from "@larimar/domain";
import { hubKey } from "./hub-key.ts";
import type { StateDatabase } from "./state-database.ts";

export interface RowOwnerParts {
  readonly state: StateDatabase;
  /** How tables name it. */
  readonly key: string;
  /** What writers are refused with when it is erased. */
  readonly gone: () => Error;
}

/**
 * A hub or a provisioning service as its stores see it: the key of its rows, and the only way to write them. A
 * call may outlive what it was made to: whatever it writes after the erasure began is refused, so that nothing
 * comes after the eraser, and nothing gets into another one of the same name.
 */
export class RowOwner {
  readonly key: string;
  readonly #parts: RowOwnerParts;
  #isGone = false;

  constructor(parts: RowOwnerParts) {
    this.key = parts.key;
    this.#parts = parts;
  }

  /** As `StateDatabase.write`. Asked and written in one turn, and erasing takes turns of its own. */
  write<T>(action: () => T): Promise<T> {
    if (this.#isGone) return Promise.reject(this.#parts.gone());
    return this.#parts.state.write(action);
  }

  /** As `StateDatabase.afterCommit`. */
  afterCommit(action: () => void): void {
    this.#parts.state.afterCommit(action);
  }

  /** Before its rows are erased. */
  end(): void {
    this.#isGone = true;
  }
}

export function hubOwner(state: StateDatabase, hubName: string): RowOwner {
  const gone = () => new HubError("HubNotFound", `Hub '${hubName}' is deleted`, { hub: hubName });
  return new RowOwner({ state, key: hubKey(hubName), gone });
}

export function serviceOwner(state: StateDatabase, name: string): RowOwner {
  const gone = () => new ProvisioningError("ServiceNotFound", `Service '${name}' is deleted`);
  return new RowOwner({ state, key: name.toLowerCase(), gone });
}
