import type { CommandInlet, LockedCommand } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { Outcome } from "@larimar/wire";
import { ACCEPTED, encodeCommand, encodeRejected, lockTokenTag } from "@larimar/wire";
import type { OutgoingLink } from "../engine/outgoing-link.ts";
import { toAmqpError } from "../error-conditions.ts";
import type { IdentitySession } from "./identity-sessions.ts";

/** Commands that a client has been sent, or waits to be sent, and has not settled. */
const UNSETTLED_MAX = 50;

/**
 * A device receives commands. What it makes of each decides: accepted completes, rejected kills, everything
 * else gives it back. (protocol reference: device-facing 4.6)
 */
export class CommandLink implements CommandInlet {
  readonly #link: OutgoingLink;
  readonly #owner: IdentitySession;
  readonly #onError: (error: unknown) => void;
  readonly #waiting: LockedCommand[] = [];
  #unsettled = 0;

  constructor(link: OutgoingLink, owner: IdentitySession, onError: (error: unknown) => void) {
    this.#link = link;
    this.#owner = owner;
    this.#onError = onError;
  }

  get capacity(): number {
    return this.#link.isAttached ? UNSETTLED_MAX - this.#unsettled : 0;
  }

  open(): void {
    const { hub, session } = this.#owner;
    this.#link.handler = () => this.#send();
    this.#link.accept();
    session.commands = this;
    this.#link.onDetached(() => this.#end());
    hub.commands.push(session.identity).catch(this.#onError);
  }

  deliver(command: LockedCommand): void {
    this.#unsettled += 1;
    this.#waiting.push(command);
    this.#link.wake();
  }

  #send(): boolean {
    while (this.#waiting.length > 0 && this.#link.canSend) {
      const command = this.#waiting.shift()!;
      this.#link.sendTracked({
        payload: encodeCommand(command),
        tag: lockTokenTag(command.lockToken),
        onOutcome: (outcome) => this.#settle(command.lockToken, outcome),
      });
    }
    if (this.#waiting.length === 0) this.#link.finishDrain();
    return this.#waiting.length > 0 && this.#link.isWanted;
  }

  async #settle(lockToken: string, outcome: Outcome | undefined): Promise<Uint8Array> {
    const { commands } = this.#owner.hub;
    const { identity } = this.#owner.session;
    this.#unsettled -= 1;
    try {
      if (outcome === "accepted") await commands.complete(identity, lockToken);
      else if (outcome === "rejected") await commands.reject(identity, lockToken);
      else if (outcome === undefined) await commands.release(identity, lockToken);
      else await commands.abandon(identity, lockToken);
      return ACCEPTED;
    } catch (error) {
      if (!(error instanceof HubError && error.code === "LockLost")) this.#onError(error);
      return encodeRejected(toAmqpError(error));
    }
  }

  #end(): void {
    const { hub, session } = this.#owner;
    if (session.commands === this) session.commands = undefined;
    for (const { lockToken } of this.#waiting.splice(0)) {
      hub.commands.release(session.identity, lockToken).catch(this.#onError);
    }
  }
}
