import type { AmqpErrorFields } from "./amqp-error.ts";
import type { AmqpMap } from "../values/amqp-value.ts";
import type { Terminus } from "./terminus.ts";

/** The frame bodies of AMQP 1.0 part 2.7, as received. Defaults of the standard are filled in. */
export type Performative =
  | OpenPerformative
  | BeginPerformative
  | AttachPerformative
  | FlowPerformative
  | TransferPerformative
  | DispositionPerformative
  | DetachPerformative
  | { readonly kind: "end"; readonly error: AmqpErrorFields | undefined }
  | { readonly kind: "close"; readonly error: AmqpErrorFields | undefined };

export interface OpenPerformative {
  readonly kind: "open";
  readonly containerId: string;
  readonly hostName: string | undefined;
  readonly frameBytesMax: number;
  readonly channelMax: number;
  /** undefined or 0 when the peer does not ask for heartbeats. */
  readonly idleTimeoutMs: number | undefined;
  readonly properties: AmqpMap | undefined;
}

export interface BeginPerformative {
  readonly kind: "begin";
  readonly remoteChannel: number | undefined;
  readonly nextOutgoingId: number;
  readonly incomingWindow: number;
  readonly outgoingWindow: number;
  readonly handleMax: number;
}

export interface AttachPerformative {
  readonly kind: "attach";
  readonly name: string;
  readonly handle: number;
  /** The peer receives on this link. */
  readonly isReceiver: boolean;
  /** 0 unsettled, 1 settled, 2 mixed */
  readonly senderSettleMode: number;
  /** 0 first, 1 second */
  readonly receiverSettleMode: number;
  readonly source: Terminus | undefined;
  readonly target: Terminus | undefined;
  readonly initialDeliveryCount: number;
  readonly messageBytesMax: bigint | undefined;
  readonly desiredCapabilities: readonly string[];
  readonly properties: AmqpMap | undefined;
}

export interface FlowPerformative {
  readonly kind: "flow";
  readonly nextIncomingId: number | undefined;
  readonly incomingWindow: number;
  readonly nextOutgoingId: number;
  readonly outgoingWindow: number;
  readonly handle: number | undefined;
  readonly deliveryCount: number | undefined;
  readonly linkCredit: number | undefined;
  readonly isDraining: boolean;
  readonly wantsEcho: boolean;
}

export interface TransferPerformative {
  readonly kind: "transfer";
  readonly handle: number;
  readonly deliveryId: number | undefined;
  readonly deliveryTag: Uint8Array | undefined;
  readonly messageFormat: number | undefined;
  readonly isSettled: boolean;
  readonly hasMore: boolean;
  readonly isAborted: boolean;
}

export interface DispositionPerformative {
  readonly kind: "disposition";
  /** The peer speaks as the receiver of the deliveries. */
  readonly isReceiver: boolean;
  readonly first: number;
  readonly last: number;
  readonly isSettled: boolean;
  /** As it is encoded; undefined when there is none. */
  readonly state: Uint8Array | undefined;
}

export interface DetachPerformative {
  readonly kind: "detach";
  readonly handle: number;
  readonly isClosed: boolean;
  readonly error: AmqpErrorFields | undefined;
}

export const DESCRIPTOR = {
  open: 0x10,
  begin: 0x11,
  attach: 0x12,
  flow: 0x13,
  transfer: 0x14,
  disposition: 0x15,
  detach: 0x16,
  end: 0x17,
  close: 0x18,
} as const;

export type PerformativeName = keyof typeof DESCRIPTOR;
