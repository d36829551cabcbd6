import { PROVISIONING_ANSWER_MS_MIN } from "../provisioning-api/shortest-wait.ts";

/** The named limits of the AMQP head. What happens at each is said beside it. */
export interface AmqpLimits {
  /** A client that has not opened its connection by then is closed. */
  readonly connectDeadlineMs: number;
  /** Announced to clients; silence of twice as long closes the connection. */
  readonly idleTimeoutMs: number;
  /** A client that wants heartbeats more often than for this time-out is closed. */
  readonly peerIdleTimeoutMsMin: number;
  /** Announced to clients; a larger frame closes the connection. */
  readonly frameBytesMax: number;
  /** A larger SASL frame closes the connection. Tokens travel as passwords. */
  readonly saslFrameBytesMax: number;
  /** Announced to clients; a begin on a higher channel closes the connection. */
  readonly channelMax: number;
  /** Announced to clients; a higher handle ends the session. */
  readonly handleMax: number;
  /** Of one connection, over all its sessions; further ones are refused. */
  readonly linksMax: number;
  /** Of one connection; a further put-token is answered with 403. */
  readonly tokensMax: number;
  /** A longer token is answered with 400. */
  readonly tokenLengthMax: number;
  /** Announced with every link; a larger message detaches it. */
  readonly messageBytesMax: number;
  /** Messages a client may have sent on one link that are not settled yet. */
  readonly linkCredit: number;
  /** Transfer frames a client may send on a session before it is told to go on. */
  readonly sessionWindow: number;
  /** Requests on one request-response link that wait for their answer; more detach it. */
  readonly pendingResponsesMax: number;
  /** Beyond this, links wait with what they have to send until the socket has taken some. */
  readonly unwrittenBytesMax: number;
  /** A client that lets more answers than this wait for it is dropped. */
  readonly abandonedBytesMax: number;
  /** How much of the event log an events link holds while it sends. */
  readonly readBytesMax: number;
  /** How much one link sends before it is the next one's turn. */
  readonly linkTurnBytes: number;
  /** How much a connection sends before it is the next one's turn. */
  readonly connectionTurnBytes: number;
  /** A redirected link is detached this long after its attach was answered. */
  readonly redirectDelayMs: number;
  /** How long a client may take to follow a close; then the socket is cut. */
  readonly closeGraceMs: number;
  /** Answers to devices that provision themselves leave no sooner than this after their questions. */
  readonly provisioningAnswerMsMin: number;
}

export const DEFAULT_AMQP_LIMITS: AmqpLimits = {
  connectDeadlineMs: 30_000,
  idleTimeoutMs: 240_000,
  peerIdleTimeoutMsMin: 1000,
  frameBytesMax: 65_536,
  saslFrameBytesMax: 16_384,
  channelMax: 8191,
  handleMax: 262_143,
  linksMax: 10_000,
  tokensMax: 2048,
  tokenLengthMax: 16_384,
  messageBytesMax: 1_048_576,
  linkCredit: 100,
  sessionWindow: 5000,
  pendingResponsesMax: 100,
  unwrittenBytesMax: 262_144,
  abandonedBytesMax: 4_194_304,
  readBytesMax: 262_144,
  linkTurnBytes: 16_384,
  connectionTurnBytes: 65_536,
  redirectDelayMs: 50,
  closeGraceMs: 3000,
  provisioningAnswerMsMin: PROVISIONING_ANSWER_MS_MIN,
};
