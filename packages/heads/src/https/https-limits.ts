import type { BodyLimitName } from "@larimar/wire";

/** What happens at each limit is said beside it. */
export interface HttpsLimits extends Readonly<Record<BodyLimitName, number>> {
  /** The request line and all headers; more is answered with 431. */
  readonly headerBytesMax: number;
  /** From the connection, or the first byte of a later request, to the end of its headers; then 408. */
  readonly headersTimeoutMs: number;
  /** From there to the end of the body; then 408. */
  readonly requestTimeoutMs: number;
  /** The same for a file or a block of one, which are large and may come over slow links. */
  readonly uploadTimeoutMs: number;
  /** Between an answer and the next request; then the connection is closed. */
  readonly keepAliveTimeoutMs: number;
  /** Without a byte either way while a request is being worked on; then the connection is closed. */
  readonly silenceTimeoutMs: number;
  /** How often the first two timeouts are looked at. */
  readonly timeoutCheckIntervalMs: number;
  /** Requests of one connection that wait for their turn; at one more the connection is closed. */
  readonly pipelinedRequestsMax: number;
  /** A list of blocks; a longer one is refused with RequestBodyTooLarge. */
  readonly blockListBytesMax: number;
  /** Of a body nobody wants, read and thrown away to save the connection; beyond it that is closed. */
  readonly unwantedBytesMax: number;
  /** What a client that still sends gets to notice its answer in; then the connection is reset. */
  readonly lingerMsMax: number;
  /** What requests get to finish in when the server stops; then their connections are closed. */
  readonly shutdownGraceMs: number;
}

export const DEFAULT_HTTPS_LIMITS: HttpsLimits = {
  headerBytesMax: 65_536,
  headersTimeoutMs: 60_000,
  requestTimeoutMs: 300_000,
  uploadTimeoutMs: 6 * 60 * 60 * 1000,
  // Clients keep connections for as long as a direct method may take, and a little longer.
  // (protocol reference: service-facing 9, 47)
  keepAliveTimeoutMs: 335_000,
  // A method may wait 300 s for the device to connect and as long again for its answer.
  silenceTimeoutMs: 660_000,
  timeoutCheckIntervalMs: 5_000,
  pipelinedRequestsMax: 128,
  // 50,000 blocks, each with an id of 64 bytes and the tags around it.
  blockListBytesMax: 8 * 1_048_576,
  unwantedBytesMax: 1_048_576,
  lingerMsMax: 2_000,
  shutdownGraceMs: 5_000,
  fileUploadBytesMax: 65_536,
  // A hundred items with their twins.
  bulkBytesMax: 1_048_576,
  identityBytesMax: 65_536,
  telemetryBytesMax: 262_144,
  // 128 KiB of payload, and what is said around it.
  methodBytesMax: 131_072 + 4096,
  // Clients send back whole twins, with metadata.
  twinBytesMax: 524_288,
};
