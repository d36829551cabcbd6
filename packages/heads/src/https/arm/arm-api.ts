import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Administration, EtagCondition, JsonObject } from "@larimar/domain";
import type { ArmRouteContract, RequestTarget } from "@larimar/wire";
import {
  ARM_ROUTES,
  type ArmRouteName,
  compilePath,
  matchPath,
  parseIfMatch,
  readJson,
  readPath,
} from "@larimar/wire";
import type { Log } from "../../log.ts";
import { type Reply, jsonReply } from "../reply.ts";
import { readBody } from "../operations/request-body.ts";
import { ClientGoneError } from "../operations/rest-error.ts";
import { ArmError, armErrorReply, isUnexpected } from "./arm-error.ts";
import type { ArmAnswer, ArmHandlers, ArmInput } from "./arm-input.ts";
import { hubCertificateHandlers, serviceCertificateHandlers } from "./handlers/certificates.ts";
import { consumerGroupHandlers } from "./handlers/consumer-groups.ts";
import { hubHandlers } from "./handlers/hubs.ts";
import { providerHandlers } from "./handlers/provider.ts";
import { routingHandlers } from "./handlers/routing.ts";
import { serviceHandlers } from "./handlers/services.ts";
import { transferHandlers } from "./handlers/transfers.ts";

/** More is refused with 413: a hub with all its routes has some ten thousand. */
const BODY_BYTES_MAX = 1_048_576;

const HANDLERS: ArmHandlers<ArmRouteName> = {
  ...providerHandlers,
  ...hubHandlers,
  ...consumerGroupHandlers,
  ...routingHandlers,
  ...hubCertificateHandlers,
  ...serviceHandlers,
  ...transferHandlers,
  ...serviceCertificateHandlers,
};

export interface ArmApiParts {
  readonly administration: Administration;
  /** What administrators prove themselves with. */
  readonly token: string;
  /** Where clients of event hubs find this server. */
  readonly amqpAuthority: (hostName: string) => string;
}

export interface ArmJob {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly target: RequestTarget;
  readonly requestId: string;
}

interface Operation {
  readonly contract: ArmRouteContract;
  readonly path: ReturnType<typeof compilePath>;
  readonly handle: (input: ArmInput) => Promise<ArmAnswer>;
}

/** Administration in the resource manager's form, told from everything else by its paths. */
export class ArmApi {
  readonly #parts: ArmApiParts & { readonly log: Log };
  readonly #operations: readonly Operation[];

  constructor(parts: ArmApiParts & { readonly log: Log }) {
    this.#parts = parts;
    this.#operations = (Object.keys(ARM_ROUTES) as ArmRouteName[])
      .map((name) => {
        const contract: ArmRouteContract = ARM_ROUTES[name];
        const handle: Operation["handle"] = HANDLERS[name];
        return { contract, path: compilePath(contract.path), handle };
      })
      .toSorted((a, b) => b.path.specificity - a.path.specificity);
  }

  /** Undefined for what has nothing to do with administration. Throws `ClientGoneError`. */
  async answer(job: ArmJob): Promise<Reply | undefined> {
    if (!/^\/(?:subscriptions|providers)(?:\/|$)/i.test(job.target.path)) return undefined;
    const { log } = this.#parts;
    const { request, requestId, method, target } = job;
    try {
      const { status, body } = await this.#perform(job);
      // Before the answer, so that whoever has it finds the world as it says.
      if (method !== "GET") await this.#parts.administration.published();
      if (method !== "GET") log.info({ requestId, method, path: target.path }, "administered");
      return body === undefined
        ? { status, headers: {}, payload: status === 204 ? undefined : Buffer.alloc(0) }
        : jsonReply(status, body);
    } catch (error) {
      if (error instanceof ClientGoneError) throw error;
      const fields = { requestId, method: request.method, path: target.path };
      if (isUnexpected(error)) log.error({ ...fields, err: error }, "administration failed");
      else log.info({ ...fields, reason: String(error) }, "administration refused");
      return armErrorReply(error);
    }
  }

  async #perform({ request, method, target }: ArmJob): Promise<ArmAnswer> {
    const { administration, amqpAuthority } = this.#parts;
    this.#authorize(request);
    const { operation, params } = this.#find(method, target);
    if (!new URLSearchParams(target.query).get("api-version")) {
      const message = "The api-version query parameter (?api-version=) is required.";
      throw new ArmError("MissingApiVersionParameter", message);
    }
    checkPlace(params);
    const { contract, handle } = operation;
    const read = contract.body && (await readJsonBody(request, contract.body));
    return handle({
      administration,
      amqpAuthority,
      params: Object.fromEntries(params) as ArmInput["params"],
      body: read?.value as ArmInput["body"],
      json: read?.json ?? {},
      ifMatch: readIfMatch(request),
    });
  }

  /** Compared by hash, so that neither its content nor its length shows in the time it takes. */
  #authorize({ headers }: IncomingMessage): void {
    const [, presented = ""] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    const hash = (text: string) => createHash("sha256").update(text).digest();
    if (timingSafeEqual(hash(presented), hash(this.#parts.token))) return;
    throw new ArmError(
      "AuthenticationFailed",
      "The administration token of the server is required as a bearer token; connection.json has it.",
      { "www-authenticate": "Bearer" },
    );
  }

  #find(method: string, target: RequestTarget) {
    const allowed = new Set<string>();
    for (const path of readPath(target.path)) {
      for (const operation of this.#operations) {
        const params = matchPath(operation.path, path);
        if (params === undefined) continue;
        if (operation.contract.method === method) return { operation, params };
        allowed.add(operation.contract.method);
      }
    }
    if (allowed.size === 0) throw new ArmError("PathNotFound", "No such path");
    throw new ArmError("MethodNotAllowed", `The path does not take ${method}`, {
      allow: [...allowed].join(", "),
    });
  }
}

/** Nothing but their form: there is one server, whatever they are called. */
function checkPlace(params: ReadonlyMap<string, string>): void {
  const subscriptionId = params.get("subscriptionId") ?? "x";
  const resourceGroup = params.get("resourceGroup") ?? "x";
  if (!/^[\w-]{1,64}$/.test(subscriptionId)) {
    throw new ArmError("InvalidRequestContent", "The subscription is 1 to 64 letters and digits");
  }
  if (!/^[\p{L}\p{N}_\-.()]{1,90}$/u.test(resourceGroup)) {
    throw new ArmError("InvalidRequestContent", "The resource group is 1 to 90 letters and digits");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

async function readJsonBody(
  request: IncomingMessage,
  schema: NonNullable<ArmRouteContract["body"]>,
): Promise<{ value: unknown; json: JsonObject }> {
  const bytes = await readBody(request, BODY_BYTES_MAX);
  if (bytes === undefined) {
    throw new ArmError("RequestContentTooLarge", `A body has at most ${BODY_BYTES_MAX} bytes`);
  }
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(bytes));
  } catch {
    // The parser's own words would repeat the body, and with it keys.
    throw new ArmError("InvalidRequestContent", "The body is not JSON in UTF-8");
  }
  const reading = readJson(schema, json);
  if (reading.kind === "read") return { value: reading.value, json: json as JsonObject };
  throw new ArmError("InvalidRequestContent", reading.problem);
}

function readIfMatch(request: IncomingMessage): EtagCondition | undefined {
  const header = request.headers["if-match"];
  if (header === undefined) return undefined;
  const condition = parseIfMatch(header);
  if (condition !== undefined) return condition;
  throw new ArmError("InvalidRequestContent", "If-Match is not an ETag");
}
