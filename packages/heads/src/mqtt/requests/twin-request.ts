import { randomUUID } from "node:crypto";
import type { Clock, Hub, IdentityKey } from "@larimar/domain";
import { HubError, isJsonObject } from "@larimar/domain";
import type { TwinRequestTopic } from "@larimar/wire";
import {
  REST_ERRORS,
  deviceTwinDocument,
  encodePublish,
  errorDescription,
  formatTwinResponseTopic,
} from "@larimar/wire";
import { parseJson } from "../../parse-json.ts";

/** One SDK repeats a failed read at once and for ever; answers that fail make it wait this long. */
const FAILED_READ_DELAY_MS = 1000;

interface Parts {
  readonly hub: Hub;
  readonly key: IdentityKey;
  readonly clock: Clock;
  readonly onUnexpected: (error: unknown) => void;
}

/** The packet that answers a client's twin request; there is exactly one for each. */
export async function answerTwinRequest(
  request: TwinRequestTopic,
  body: Uint8Array,
  parts: Parts,
): Promise<Uint8Array> {
  const { requestId } = request;
  try {
    return request.kind === "get"
      ? await answerGet(requestId, parts)
      : await answerPatch(request, body, parts);
  } catch (error) {
    if (request.kind === "get") await wait(parts.clock, FAILED_READ_DELAY_MS);
    return answerFailure(error, requestId, parts);
  }
}

async function answerGet(requestId: string, { hub, key }: Parts): Promise<Uint8Array> {
  const document = deviceTwinDocument(await hub.twins.get(key));
  const payload = Buffer.from(JSON.stringify(document));
  const topic = formatTwinResponseTopic({ status: 200, requestId });
  return encodePublish({ topic, payload, qos: 0 });
}

async function answerPatch(
  { requestId, expectedVersion }: TwinRequestTopic,
  body: Uint8Array,
  { hub, key }: Parts,
): Promise<Uint8Array> {
  const patch = parseJson(body);
  if (!isJsonObject(patch)) {
    throw new HubError("ArgumentInvalid", "The payload is not a UTF-8 JSON object");
  }
  const { version } = await hub.twins.patchReported(key, patch, expectedVersion);
  const topic = formatTwinResponseTopic({ status: 204, requestId, version });
  return encodePublish({ topic, payload: new Uint8Array(), qos: 0 });
}

/** SDKs find the failure in the body; one of them looks nowhere else. */
function answerFailure(error: unknown, requestId: string, parts: Parts): Uint8Array {
  const isExpected = error instanceof HubError;
  if (!isExpected) parts.onUnexpected(error);
  const row = REST_ERRORS[isExpected ? error.code : "InternalError"];
  const description = errorDescription({
    error: row,
    message: isExpected ? error.message : "Something went wrong on the server",
    trackingGuid: randomUUID().replaceAll("-", ""),
    nowMs: parts.clock.now(),
  });
  const topic = formatTwinResponseTopic({ status: row.status, requestId });
  return encodePublish({ topic, payload: Buffer.from(description), qos: 0 });
}

function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve));
}
