import type { IncomingMessage } from "node:http";
import type { Clock, HubDirectory } from "@larimar/domain";
import { type RequestTarget, formatBlobError, readBlobPath } from "@larimar/wire";
import type { ConnectionContext } from "../../head.ts";
import type { Log } from "../../log.ts";
import type { HttpsLimits } from "../https-limits.ts";
import { chooseHub } from "../hub-choice.ts";
import type { Reply } from "../reply.ts";
import { ClientGoneError } from "../operations/rest-error.ts";
import { performBlobOperation } from "./blob-operations.ts";
import { BlobRequest } from "./blob-request.ts";
import { faceOf } from "./blob-request-error.ts";

export interface BlobEndpointParts {
  readonly hubs: HubDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: HttpsLimits;
  /** Requests whose bodies may take longer than others to come. */
  readonly longBodies: WeakSet<IncomingMessage>;
}

export interface BlobJob {
  readonly request: IncomingMessage;
  readonly target: RequestTarget;
  readonly context: ConnectionContext;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** For clients that name none: one SDK has no idea that there are versions. */
const DEFAULT_VERSION = "2020-10-02";
const CLIENT_REQUEST_ID_LENGTH_MAX = 1024;

/** The part of Azure Storage's blob service that devices upload with and back ends read with. */
export class BlobEndpoint {
  readonly #parts: BlobEndpointParts;

  constructor(parts: BlobEndpointParts) {
    this.#parts = parts;
  }

  /** Undefined when the path is not one of the blob endpoint. Throws `ClientGoneError`. */
  async answer(job: BlobJob): Promise<Reply | undefined> {
    const path = readBlobPath(job.target.path);
    if (path === undefined) return undefined;
    const { request, target, context } = job;
    try {
      const { hubs, limits, longBodies } = this.#parts;
      const host = target.host ?? request.headers.host;
      const hub = chooseHub(hubs, { serverName: context.serverName, host });
      const blobRequest = new BlobRequest({ ...job, hub, path, limits, longBodies });
      return withCommonHeaders(request, await performBlobOperation(blobRequest));
    } catch (error) {
      if (error instanceof ClientGoneError) throw error;
      return withCommonHeaders(request, this.#refuse(error, job));
    }
  }

  #refuse(error: unknown, { request, target, requestId }: BlobJob): Reply {
    const { log, clock } = this.#parts;
    const { status, code, name, message, reason, headers } = faceOf(error);
    // Not the query: signatures are secrets.
    const fields = { requestId, method: request.method, path: target.path, code };
    if (code === "InternalError") log.error({ ...fields, err: error }, "blob request failed");
    else if (code === "ServerBusy") log.warn({ ...fields, reason }, "blob request refused");
    else if (status === 401 || status === 403) {
      log.info({ ...fields, reason }, "blob request refused");
    } else log.debug({ ...fields, reason }, "blob request refused");
    const errorHeaders = { ...headers, "x-ms-error-code": name };
    if (status === 304) return { status, headers: errorHeaders, payload: undefined };
    const xml = formatBlobError({ code, message, requestId, nowMs: clock.now() });
    return {
      status,
      headers: { ...errorHeaders, "content-type": "application/xml" },
      payload: Buffer.from(xml),
    };
  }
}

function withCommonHeaders(request: IncomingMessage, reply: Reply): Reply {
  const version = request.headers["x-ms-version"]?.toString() || DEFAULT_VERSION;
  const clientRequestId = request.headers["x-ms-client-request-id"]?.toString() ?? "";
  const isEchoed = clientRequestId !== "" && clientRequestId.length <= CLIENT_REQUEST_ID_LENGTH_MAX;
  return {
    ...reply,
    headers: {
      ...reply.headers,
      "x-ms-version": version,
      ...(isEchoed ? { "x-ms-client-request-id": clientRequestId } : {}),
    },
  };
}
