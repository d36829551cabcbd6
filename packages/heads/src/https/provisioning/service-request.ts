import type { IncomingMessage } from "node:http";
import type { EtagCondition, ProvisioningOutcome, ProvisioningService } from "@larimar/domain";
import { normalizeHostName, ProvisioningError } from "@larimar/domain";
import {
  parseIfMatch,
  parseSasToken,
  type ProvisioningRouteContract,
  readJson,
  resourceOf,
  compilePath,
} from "@larimar/wire";
import { ProvisioningRequestError } from "../../provisioning-api/provisioning-failure.ts";
import { type Reply, jsonReply } from "../reply.ts";
import { readBody } from "../operations/request-body.ts";
import type { ProvisioningApiParts, ProvisioningJob } from "./provisioning-api.ts";
import { requireApiVersion } from "./request-query.ts";

/** Ten enrollments with their twins and certificates fit in. */
const SERVICE_BYTES_MAX = 2 * 1024 * 1024;

/** A request that was routed, authorised and validated. */
export interface ServiceInput {
  readonly service: ProvisioningService;
  readonly id: string;
  readonly body: unknown;
  readonly ifMatch: EtagCondition | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly nowMs: number;
}

export interface ServiceAnswer {
  /** Undefined for 204. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type ServiceHandler = (input: ServiceInput) => Promise<ServiceAnswer>;

interface ServiceOperation {
  readonly contract: ProvisioningRouteContract;
  readonly params: ReadonlyMap<string, string>;
  readonly job: ProvisioningJob;
  readonly handle: ServiceHandler;
}

/** Authorises, validates and performs what a back end asked for. */
export async function performServiceRequest(
  operation: ServiceOperation,
  { services, clock }: ProvisioningApiParts,
): Promise<Reply> {
  const { contract, params, job } = operation;
  const { request, target } = job;
  requireApiVersion(target);
  const service = chooseService(job, services);
  const [id = ""] = params.values();
  const isChange = contract.right.endsWith("Write");
  const facts = { operation: contract.name, id, isChange };
  let policyName: string | undefined;
  try {
    ({ policyName } = service.access.authorize({
      token: parseSasToken(request.headers.authorization ?? ""),
      right: contract.right,
      resource: resourceOf(compilePath(contract.path), params),
    }));
    const reply = await perform(operation, service, id, clock.now());
    service.observer.serviceOperated({ ...facts, policyName, outcome: "ok", reason: undefined });
    return reply;
  } catch (error) {
    service.observer.serviceOperated({ ...facts, policyName, ...describeRefusal(error) });
    throw error;
  }
}

async function perform(
  { contract, job, handle }: ServiceOperation,
  service: ProvisioningService,
  id: string,
  nowMs: number,
): Promise<Reply> {
  const { request } = job;
  const { body, headers } = await handle({
    service,
    id,
    body: contract.body === undefined ? undefined : await readJsonBody(request, contract.body),
    ifMatch: contract.isConditional ? readIfMatch(request) : undefined,
    headers: request.headers,
    nowMs,
  });
  return contract.success === 204
    ? { status: 204, headers: {}, payload: undefined }
    : jsonReply(200, body, headers);
}

function describeRefusal(error: unknown): {
  outcome: ProvisioningOutcome;
  reason: string | undefined;
} {
  if (error instanceof ProvisioningError) {
    const reason = error.details["reason"]?.toString() ?? error.message;
    return { outcome: error.code, reason };
  }
  return error instanceof ProvisioningRequestError
    ? { outcome: "ArgumentInvalid", reason: error.message }
    : { outcome: "OperationFailed", reason: undefined };
}

function chooseService(
  { request, target, context }: ProvisioningJob,
  services: ProvisioningApiParts["services"],
): ProvisioningService {
  // The name in TLS counts only when it names a service: clients that connect by address send odd ones.
  const { serverName } = context;
  const named = serverName === undefined ? undefined : services.resolve(serverName);
  const isNamed = named?.settings.hostNames.some(
    (name) => normalizeHostName(name) === normalizeHostName(serverName ?? ""),
  );
  const service = isNamed ? named : services.resolve(target.host ?? request.headers.host);
  if (service !== undefined) return service;
  throw new ProvisioningRequestError("ScopeNotFound", "Unauthorized");
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

async function readJsonBody(
  request: IncomingMessage,
  schema: NonNullable<ProvisioningRouteContract["body"]>,
): Promise<unknown> {
  const bytes = await readBody(request, SERVICE_BYTES_MAX);
  if (bytes === undefined) {
    throw new ProvisioningError("PayloadTooLarge", `A body has at most ${SERVICE_BYTES_MAX} bytes`);
  }
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(bytes));
  } catch {
    // The parser's own words would repeat the body, and with it keys.
    throw new ProvisioningRequestError("BodyUnreadable", "The body is not JSON in UTF-8");
  }
  const reading = readJson(schema, json);
  if (reading.kind === "read") return reading.value;
  throw new ProvisioningError("ArgumentInvalid", reading.problem);
}

function readIfMatch(request: IncomingMessage): EtagCondition | undefined {
  const header = request.headers["if-match"];
  if (header === undefined) return undefined;
  const condition = parseIfMatch(header);
  if (condition !== undefined) return condition;
  throw new ProvisioningError("ArgumentInvalid", "If-Match is not an ETag");
}
