import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, HubDirectory } from "@larimar/domain";
import { type ErrorForm, readPath, readRequestTarget } from "@larimar/wire";
import type { ConnectionContext } from "../head.ts";
import type { Log } from "../log.ts";
import { errorReply } from "./error-response.ts";
import type { HttpsLimits } from "./https-limits.ts";
import { performOperation } from "./perform-operation.ts";
import { type Reply, replyOf, sendReply } from "./reply.ts";
import { discardBody } from "./request-body.ts";
import { ClientGoneError, RestError, codeOf } from "./rest-error.ts";
import { type RouteMatch, type Router, effectiveMethod } from "./router.ts";

export interface RequestParts {
  readonly hubs: HubDirectory;
  readonly router: Router;
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
    const reply = await replyTo(request, context, requestId, gone.signal, parts);
    const isWhole = await discardBody(request, parts.limits.unwantedBytesMax);
    if (request.socket.destroyed) throw new ClientGoneError();
    const closed = once(response, "close");
    sendReply(response, reply, { requestId, isLast: !isWhole || parts.isStopping() });
    await closed;
    const fields = { requestId, method: request.method, status: reply.status };
    parts.log.debug({ ...fields, durationMs: parts.clock.now() - startedAtMs }, "request answered");
  } catch (error) {
    if (!(error instanceof ClientGoneError))
      parts.log.error({ requestId, err: error }, "answer lost");
    response.destroy();
  }
}

async function replyTo(
  request: IncomingMessage,
  context: ConnectionContext,
  requestId: string,
  signal: AbortSignal,
  parts: RequestParts,
): Promise<Reply> {
  let form: ErrorForm = "A";
  try {
    const target = readRequestTarget(request.url ?? "/");
    const { matches, form: formOfRoute, refusal } = findRoute(request, target.path, parts.router);
    form = formOfRoute;
    if (refusal !== undefined) throw refusal;
    const answer = await performOperation({ request, target, matches, context, signal }, parts);
    return replyOf(answer);
  } catch (error) {
    if (error instanceof ClientGoneError) throw error;
    if (codeOf(error) === "InternalError") {
      parts.log.error({ requestId, err: error }, "request failed");
    }
    return errorReply(error, { form, requestId, nowMs: parts.clock.now() });
  }
}

interface RouteChoice {
  readonly form: ErrorForm;
  readonly matches: readonly RouteMatch[];
  readonly refusal?: RestError;
}

function findRoute(request: IncomingMessage, path: string, router: Router): RouteChoice {
  const override = request.headers["x-http-method-override"];
  const method = effectiveMethod(request.method ?? "", override?.toString());
  const routing = router.find(method, readPath(path));
  switch (routing.kind) {
    case "found":
      return { form: routing.matches[0].route.contract.errorForm, matches: routing.matches };
    case "notFound":
      return { form: "A", matches: [], refusal: new RestError("PathNotFound", "No such path") };
    case "methodNotAllowed":
      return {
        form: routing.route.contract.errorForm,
        matches: [],
        refusal: new RestError("MethodNotAllowed", `The path does not take ${method}`, {
          allow: routing.allowed.join(", "),
        }),
      };
  }
}
