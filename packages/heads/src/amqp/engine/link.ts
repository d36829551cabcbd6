import type { AmqpErrorFields, AttachPerformative } from "@larimar/wire";
import { writeAttach, writeDetach } from "@larimar/wire";
import type { AmqpSession } from "./amqp-session.ts";

/**
 * attaching: the client waits for our attach. attached. detaching: we have detached and wait for the
 * client to follow. closed.
 */
type LinkState = "attaching" | "attached" | "detaching" | "closed";

export interface AcceptOptions {
  readonly offeredCapabilities?: readonly string[];
}

/** What both directions of a link share: its life, from attach to detach. [AMQP 1.0 2.6] */
export abstract class Link {
  readonly session: AmqpSession;
  readonly attach: AttachPerformative;
  /** Our handle for the link; the client has its own. */
  readonly handle: number;
  #state: LinkState = "attaching";
  readonly #onDetached: (() => void)[] = [];

  constructor(session: AmqpSession, attach: AttachPerformative, handle: number) {
    this.session = session;
    this.attach = attach;
    this.handle = handle;
  }

  get isAttached(): boolean {
    return this.#state === "attached";
  }

  /** Nobody waits for an answer to this attach any more. */
  get isOver(): boolean {
    return this.#state === "detaching" || this.#state === "closed";
  }

  /** Calls the listener once, however the link ends: by either side, its session or its connection. */
  onDetached(listener: () => void): void {
    if (this.isOver) listener();
    else this.#onDetached.push(listener);
  }

  /** Answers the client's attach with the same terms. */
  accept(options: AcceptOptions = {}): void {
    if (this.#state !== "attaching") return;
    this.#state = "attached";
    const { source, target } = this.attach;
    this.#writeAttach(source?.encoded, target?.encoded, options.offeredCapabilities ?? []);
    this.onAccepted();
  }

  /** An attach without source and target, and at once a detach that says why. [AMQP 1.0 2.6.3] */
  refuse(error: AmqpErrorFields): void {
    if (this.#state !== "attaching") return;
    this.#writeAttach(undefined, undefined, []);
    this.#detach(error);
  }

  /** Ends the link. Every detach we begin has a reason: some clients go deaf on one without. */
  detach(error: AmqpErrorFields): void {
    if (this.#state === "attaching") this.refuse(error);
    else if (this.#state === "attached") this.#detach(error);
  }

  /** The client has detached. */
  handleDetach(): void {
    if (this.#state === "attaching") this.#writeAttach(undefined, undefined, []);
    if (this.#state === "attaching" || this.#state === "attached") {
      this.session.write((writer) => writeDetach(writer, this.handle, undefined));
    }
    this.lose();
  }

  /** The link is gone without another word. */
  lose(): void {
    const wasOver = this.isOver;
    this.#state = "closed";
    if (!wasOver) this.#notifyDetached();
  }

  protected abstract get isReceiving(): boolean;

  protected abstract onAccepted(): void;

  #detach(error: AmqpErrorFields): void {
    this.#state = "detaching";
    this.session.write((writer) => writeDetach(writer, this.handle, error));
    this.#notifyDetached();
  }

  #notifyDetached(): void {
    for (const listener of this.#onDetached.splice(0)) listener();
  }

  #writeAttach(
    source: Uint8Array | undefined,
    target: Uint8Array | undefined,
    offeredCapabilities: readonly string[],
  ): void {
    const { name, senderSettleMode, receiverSettleMode } = this.attach;
    this.session.write((writer) =>
      writeAttach(writer, {
        name,
        handle: this.handle,
        isReceiver: this.isReceiving,
        senderSettleMode,
        receiverSettleMode,
        source,
        target,
        messageBytesMax: this.session.limits.messageBytesMax,
        offeredCapabilities,
      }),
    );
  }
}
