import type { IdentityKey } from "../devices/device.ts";
import { describeIdentity } from "../devices/device.ts";
import type { CloseReason } from "./session.ts";

/** The oldest are forgotten; a proof that is older still has to be made anew. */
const REMEMBERED_MAX = 10_000;

interface Revocation {
  readonly revision: number;
  readonly reason: CloseReason;
  readonly coversModules: boolean;
}

/**
 * Who may not be connected any more as they were. Between its proof and its session a client waits for a disk
 * or two, and whatever happens to its identity in between finds no session to close.
 */
export class Revocations {
  /** In order of revision. */
  readonly #recent = new Map<string, Revocation>();
  #revision = 0;
  #forgottenRevision = 0;

  /** To be kept with a proof from before it is judged. */
  get revision(): number {
    return this.#revision;
  }

  note(identity: IdentityKey, reason: CloseReason, { coversModules }: { coversModules: boolean }) {
    const name = describeIdentity(identity);
    this.#recent.delete(name);
    this.#recent.set(name, { revision: ++this.#revision, reason, coversModules });
    const [oldest] = this.#recent;
    if (this.#recent.size <= REMEMBERED_MAX || oldest === undefined) return;
    this.#recent.delete(oldest[0]);
    this.#forgottenRevision = oldest[1].revision;
  }

  /** Why a proof of that revision is worth nothing any more. */
  reasonAgainst(identity: IdentityKey, revision: number): CloseReason | undefined {
    if (revision < this.#forgottenRevision) return "shutdown";
    const own = this.#recent.get(describeIdentity(identity));
    if (own !== undefined && own.revision > revision) return own.reason;
    if (identity.moduleId === undefined) return undefined;
    const device = this.#recent.get(identity.deviceId);
    const isAgainst = device?.coversModules === true && device.revision > revision;
    return isAgainst ? device.reason : undefined;
  }
}
