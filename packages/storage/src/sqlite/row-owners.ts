import type { OwnerKind } from "./erase-rows.ts";
import { RowEraser } from "./erase-rows.ts";
import type { RowOwner } from "./row-owner.ts";
import { hubOwner, serviceOwner } from "./row-owner.ts";
import type { StateDatabase } from "./state-database.ts";

/** The hubs, or the provisioning services, that rows may be written for. */
export class RowOwners {
  readonly #state: StateDatabase;
  readonly #create: (state: StateDatabase, name: string) => RowOwner;
  readonly #eraser: RowEraser;
  /** By key; one for each whose stores were asked for. */
  readonly #owners = new Map<string, RowOwner>();

  constructor(state: StateDatabase, kind: OwnerKind) {
    this.#state = state;
    this.#create = kind === "hub" ? hubOwner : serviceOwner;
    this.#eraser = new RowEraser(state, kind);
  }

  /** After an erasure it is another one. */
  of(name: string): RowOwner {
    const fresh = this.#create(this.#state, name);
    const owner = this.#owners.get(fresh.key) ?? fresh;
    this.#owners.set(owner.key, owner);
    return owner;
  }

  /** Resolves when nothing is left and nothing can come any more. */
  async erase(name: string): Promise<void> {
    const owner = this.of(name);
    owner.end();
    this.#owners.delete(owner.key);
    await this.#eraser.erase(owner.key);
  }
}
