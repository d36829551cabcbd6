import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, HubDirectory } from "@larimar/domain";
import { type RequestTarget, readPath, readRequestTarget } from "@larimar/wire";
import type { ConnectionContext } from "../head.ts";
import type { Log } from "../log.ts";
import type { ArmApi } from "./arm/arm-api.ts";
import type { BlobEndpoint } from "./blobs/blob-endpoint.ts";
import { errorReply } from "./operations/error-response.ts";
import type { HttpsLimits } from "./https-limits.ts";
import { linger } from "./operations/linger.ts";
import { performOperation } from "./operations/perform-operation.ts";
import type { ProvisioningApi } from "./provisioning/provisioning-api.ts";
import { type Reply, replyOf, sendReply } from "./reply.ts";
import { discardBody } from "./operations/request-body.ts";
import { ClientGoneError, RestError, codeOf } from "./operations/rest-error.ts";
import { type Router, effectiveMethod } from "./operations/router.ts";

export interface RequestParts {
  readonly hubs: HubDirectory;
  readonly router: Router;
  readonly blobs: BlobEndpoint;
  readonly provisioning: ProvisioningApi;
  readonly arm: ArmApi | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: HttpsLimits;
  /** True while the server stops: every answer is then the last on its connection. */
  readonly isStopping: () => boolean;
}

/** Answers one request, whatever becomes of it. Never rejects. */
export async function serveRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: ConnectionContext,
  parts: RequestParts,
): Promise<void> {
  if (request.socket.destroyed) return;
  const requestId = randomUUID();
  const startedAtMs = parts.clock.now();
  const gone = new AbortController();
  response.once("close", () => gone.abort(new ClientGoneError()));
  try {
    const target = readRequestTarget(request.url ?? "/");
    const job = { request, target, context, requestId, signal: gone.signal };
    const reply = await replyTo(job, parts);
    using _stream = reply.stream;
    const isWhole = await discardBody(request, parts.limits.unwantedBytesMax);
    if (request.socket.destroyed) throw new ClientGoneError();
    const closed = once(response, "close");
    const isLast = !isWhole || parts.isStopping();
    const delivery = { requestId, isLast, isOpenEnded: !isWhole, signal: gone.signal };
    await sendReply(response, reply, delivery);
    if (!isWhole) await linger(request, { clock: parts.clock, msMax: parts.limits.lingerMsMax });
    await closed;
    const fields = { requestId, method: request.method, path: target.path, status: reply.status };
    parts.log.debug({ ...fields, durationMs: parts.clock.now() - startedAtMs }, "request answered");
  } catch (error) {
    if (!(error instanceof ClientGoneError))
      parts.log.error({ requestId, err: error }, "answer lost");
    response.destroy();
  }
}

interface Job {
  readonly request: IncomingMessage;
  readonly target: RequestTarget;
  readonly context: ConnectionContext;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

async function replyTo(job: Job, parts: RequestParts): Promise<Reply> {
  const { request, target, requestId } = job;
  const ofBlobs = await parts.blobs.answer(job);
  if (ofBlobs !== undefined) return ofBlobs;
  const method = effectiveMethod(request.method ?? "", overrideOf(request));
  const administered = await parts.arm?.answer({ ...job, method });
  if (administered !== undefined) return administered;
  const provisioned = await parts.provisioning.answer({ ...job, method });
  if (provisioned !== undefined) return provisioned;
  const routing = parts.router.find(method, readPath(target.path));
  // Nobody can tell which form a client expects on a path that nobody knows.
  const form = routing.kind === "notFound" ? "A" : routing.route.contract.errorForm;
  try {
    switch (routing.kind) {
      case "found":
        return replyOf(await performOperation({ ...job, matches: routing.matches }, parts));
      case "methodNotAllowed":
        throw new RestError("MethodNotAllowed", `The path does not take ${method}`, {
          allow: routing.allowed.join(", "),
        });
      case "notFound":
        throw new RestError("PathNotFound", "No such path");
    }
  } catch (error) {
    if (error instanceof ClientGoneError) throw error;
    if (codeOf(error) === "InternalError") {
      parts.log.error({ requestId, path: target.path, err: error }, "request failed");
    }
    return errorReply(error, { form, requestId, nowMs: parts.clock.now() });
  }
}

function overrideOf(request: IncomingMessage): string | undefined {
  return request.headers["x-http-method-override"]?.toString();
}
