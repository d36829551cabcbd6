import type { IncomingMessage } from "node:http";
import {
  type AuthenticatedIdentity,
  type EtagCondition,
  type Hub,
  HubError,
} from "@larimar/domain";
import {
  ADMISSION_OF,
  DATA_ACTIONS_OF,
  type RequestTarget,
  bearerIn,
  parseIfMatch,
  parseSasToken,
  readJson,
  resourceOf,
} from "@larimar/wire";
import type { ConnectionContext } from "../../head.ts";
import { authenticateDevice, authorizeService } from "./authorization.ts";
import { chooseHub } from "../hub-choice.ts";
import { OperationBody, judge } from "./operation-body.ts";
import { IdentityMismatchError, RestError, codeOf } from "./rest-error.ts";
import type { Answer, RouteInput } from "./route.ts";
import type { RouteMatch } from "./router.ts";
import type { RequestParts } from "../serve-request.ts";

export interface Operation {
  readonly request: IncomingMessage;
  readonly target: RequestTarget;
  /** One for each reading of the path. */
  readonly matches: readonly RouteMatch[];
  readonly context: ConnectionContext;
  readonly signal: AbortSignal;
}

/** Authorises, validates and performs what was asked for. */
export async function performOperation(operation: Operation, parts: RequestParts): Promise<Answer> {
  let refusal: unknown;
  const body = new OperationBody(operation.request, parts.limits);
  for (const match of operation.matches) {
    try {
      return await perform(match, body, operation, parts);
    } catch (error) {
      if (!isWorthAnotherReading(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** Each reading is authorised for itself, so trying the next one opens nothing. */
function isWorthAnotherReading(error: unknown): boolean {
  if (error instanceof IdentityMismatchError) return true;
  return ["DeviceNotFound", "ModuleNotFound", "Unauthorized"].includes(codeOf(error));
}

async function perform(
  { route, params }: RouteMatch,
  body: OperationBody,
  operation: Operation,
  parts: RequestParts,
): Promise<Answer> {
  const { contract, path } = route;
  const { request, target } = operation;
  const query = readQuery(target.query);
  if (contract.isApiVersionRequired && !query.get("api-version")) {
    throw new RestError("ApiVersionMissing", "The api-version parameter is required");
  }
  const caller =
    contract.caller === "anyone"
      ? { hub: undefined, identity: undefined }
      : await admit({ route, params }, resourceOf(path, params), operation, parts);
  const kind = ADMISSION_OF[contract.name];
  if (kind !== undefined) await caller.hub?.admission.admit(kind);
  const input = {
    ...caller,
    params: Object.fromEntries(params),
    query: contract.query && judge(readJson(contract.query, Object.fromEntries(query))),
    ifMatch: contract.isConditional ? readIfMatch(request) : undefined,
    body: contract.body && (await body.read(contract.body)),
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    signal: operation.signal,
  };
  // What the contract says is what was read, which is what the route's handler was typed by.
  return route.handle(input as RouteInput<typeof contract>);
}

interface Admitted {
  readonly hub: Hub;
  readonly identity: AuthenticatedIdentity | undefined;
}

/** Nothing of the resource is looked at before the caller has proved its right to it. */
async function admit(
  { route, params }: RouteMatch,
  resource: readonly string[],
  { request, target, context }: Operation,
  { hubs }: RequestParts,
): Promise<Admitted> {
  const { caller } = route.contract;
  const host = target.host ?? request.headers.host;
  const hub = chooseHub(hubs, { serverName: context.serverName, host });
  const token = parseSasToken(request.headers.authorization ?? "");
  if (typeof caller === "object") {
    const bearer = bearerIn(request.headers.authorization ?? "");
    if (bearer !== undefined) {
      const actions = DATA_ACTIONS_OF[route.contract.name] ?? [];
      hub.access.authorizeBearer(await hub.access.verifyBearer(bearer), actions);
      return { hub, identity: undefined };
    }
    authorizeService(hub, { token, rights: caller.rights, resource });
    return { hub, identity: undefined };
  }
  const key = { deviceId: params.get("deviceId") ?? "", moduleId: params.get("moduleId") };
  const { certificate } = context;
  return { hub, identity: await authenticateDevice(hub, { key, token, certificate }) };
}

function readQuery(query: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const lowered = name.toLowerCase();
    if (!values.has(lowered)) values.set(lowered, value);
  }
  return values;
}

function readIfMatch(request: IncomingMessage): EtagCondition | undefined {
  const header = request.headers["if-match"];
  if (header === undefined) return undefined;
  const condition = parseIfMatch(header);
  if (condition === undefined) throw new HubError("ArgumentInvalid", "If-Match is not an ETag");
  return condition;
}
