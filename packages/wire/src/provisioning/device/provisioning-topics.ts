import { percentDecode } from "../../mqtt/percent-encoding.ts";

export type ProvisioningPublish =
  | { readonly kind: "register"; readonly rid: string }
  | { readonly kind: "operation"; readonly rid: string; readonly operationId: string };

const RESPONSES = "$dps/registrations/res/";
const REGISTER = "$dps/registrations/put/iotdps-register/";
const OPERATION = "$dps/registrations/get/iotdps-get-operationstatus/";

/** What a device asks for with a topic; undefined for every other one. (protocol reference: provisioning 3.2) */
export function parseProvisioningTopic(topic: string): ProvisioningPublish | undefined {
  const question = topic.indexOf("?");
  if (question < 0) return undefined;
  const path = topic.slice(0, question).toLowerCase();
  const parameters = readParameters(topic.slice(question + 1));
  const rid = parameters.get("$rid");
  if (rid === undefined) return undefined;
  if (path === REGISTER) return { kind: "register", rid };
  const operationId = parameters.get("operationid");
  if (path !== OPERATION || operationId === undefined) return undefined;
  return { kind: "operation", rid, operationId: percentDecode(operationId) };
}

/** Whether a filter asks for the answers, all of them or some. */
export function isProvisioningFilter(filter: string): boolean {
  return filter.toLowerCase().startsWith(RESPONSES) || filter === "$dps/registrations/#";
}

/**
 * The topic of an answer. Clients split it at dollar signs, cut it at fixed places and refuse a key they meet
 * twice: the request id comes first, as it came, then the seconds to wait as a whole number, then nothing.
 * (protocol reference: provisioning 3.3)
 */
export function formatProvisioningResponseTopic(answer: {
  readonly status: number;
  readonly rid: string;
  readonly retryAfterS: number | undefined;
}): string {
  const { status, rid, retryAfterS } = answer;
  const wait = retryAfterS === undefined ? "" : `&retry-after=${Math.ceil(retryAfterS)}`;
  return `${RESPONSES}${status}/?$rid=${rid}${wait}`;
}

/** Values stay as they are written: the request id is echoed as text. */
function readParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const item of text.split("&")) {
    const equals = item.indexOf("=");
    if (equals <= 0) continue;
    const key = percentDecode(item.slice(0, equals)).toLowerCase();
    if (!parameters.has(key)) parameters.set(key, item.slice(equals + 1));
  }
  return parameters;
}
