// Hostile inputs for everything that reads what a provisioning client sends. Each is made from a seed, so that
// a failure names the input that caused it.
import {
  BulkIndividualBody,
  EnrollmentGroupBody,
  IndividualEnrollmentBody,
  TpmSaslAssembler,
  isProvisioningFilter,
  parseAmqpRequest,
  parseContinuation,
  parseProvisioningAddress,
  parseProvisioningTopic,
  parseProvisioningUsername,
  parseTpmSaslInit,
  readJson,
  readRegisterBody,
  readTpmSaslToken,
  readWebhookAnswer,
  toEnrollmentGroupInput,
  toIndividualEnrollmentInput,
} from "@larimar/wire";
import { expect, test } from "vitest";

const INPUTS = 200_000;
/** A slow machine tries fewer. */
const BUDGET_MS = 10_000;
const INPUTS_BETWEEN_LOOKS = 5000;
const PIECES_MAX = 12;

/** Pieces that lead deeper into the readers than chance would. */
const PIECES = [
  "0ne00AA11BB",
  "/registrations/",
  "registrations",
  "dev-1",
  "/api-version=2019-03-31",
  "&ClientVersion=x%2Fy",
  "$dps/registrations/",
  "$dps/registrations/res/#",
  "PUT/iotdps-register/?$rid=",
  "GET/iotdps-get-operationstatus/?$rid=",
  "&operationId=",
  "&retry-after=3",
  "iotdps-register",
  "iotdps-get-operationstatus",
  "amqps://",
  "%",
  "%zz",
  "?",
  "&",
  "=",
  "/",
  "#",
  "+",
  "\0",
  "\uD800",
  "ü",
  '{"registrationId":"dev-1"}',
  '{"payload":{"a":[1,null]}}',
  '{"tpm":{"endorsementKey":"AA==","storageRootKey":"AA=="}}',
  '{"attestation":{"type":"symmetricKey","symmetricKey":{}}}',
  '{"attestation":{"type":"x509","x509":{"signingCertificates":{"primary":{}}}}}',
  '{"mode":"create","enrollments":[{"registrationId":"a"}]}',
  '{"iotHubHostName":"hub","initialTwin":{"tags":{"__proto__":1}},"payload":[]}',
  '"__proto__"',
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "null",
  "1e999",
];

test("hostile texts and bytes are refused or read, and nothing else happens", () => {
  const endMs = performance.now() + BUDGET_MS;
  let tried = 0;
  while (tried < INPUTS) {
    if (tried % INPUTS_BETWEEN_LOOKS === 0 && performance.now() > endMs) break;
    const text = makeText(tried);
    try {
      readAsText(text);
      readAsBytes(makeBytes(tried, text));
      readAsJson(text);
    } catch (error) {
      throw new Error(`input ${tried}: ${JSON.stringify(text)}`, { cause: error });
    }
    tried += 1;
  }
  expect(tried).toBeGreaterThan(0);
  expect({}).not.toHaveProperty("polluted");
});

function readAsText(text: string): void {
  const name = parseProvisioningUsername(text) ?? parseProvisioningAddress(text);
  if (name !== undefined) {
    expect(name.idScope).not.toBe("");
    expect(name.registrationId).not.toBe("");
  }
  parseProvisioningTopic(text);
  isProvisioningFilter(text);
  parseContinuation(text);
  const properties = [
    ["iotdps-operation-type", text],
    ["iotdps-operation-id", text],
  ] as const;
  parseAmqpRequest(new Map(properties));
  const body = readRegisterBody(text, "dev-1");
  if (body.kind === "invalid") expect(body.problem).not.toBe("");
}

function readAsBytes(bytes: Uint8Array): void {
  parseTpmSaslInit(bytes);
  readTpmSaslToken(bytes);
  const assembler = new TpmSaslAssembler();
  for (let at = 0; at < bytes.length; at += 16) {
    if (assembler.take(bytes.subarray(at, at + 16)) === undefined) break;
  }
}

function readAsJson(text: string): void {
  const json = jsonOf(text);
  readWebhookAnswer(json);
  const individual = readJson(IndividualEnrollmentBody, json);
  if (individual.kind === "read") toIndividualEnrollmentInput("dev-1", individual.value);
  const group = readJson(EnrollmentGroupBody, json);
  if (group.kind === "read") toEnrollmentGroupInput("group", group.value);
  readJson(BulkIndividualBody, json);
}

/** Few texts are JSON; of the others, one is made that has them as a name and as a value. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const deep = { [text]: text, ["__proto__"]: { polluted: true } };
    const twin = { tags: deep, properties: { desired: { [text]: [deep] } } };
    const attestation = { type: text.slice(0, 12), symmetricKey: deep, x509: deep, tpm: deep };
    return { ...deep, initialTwin: twin, attestation, payload: deep, iotHubs: [text] };
  }
}

function makeText(seed: number): string {
  const next = randomFrom(seed);
  let text = "";
  for (let count = next() % PIECES_MAX; count >= 0; count--) {
    const piece = PIECES[next() % PIECES.length]!;
    // As it is, cut short, or with a character that does not belong there.
    const kind = next() % 4;
    if (kind === 0) text += piece.slice(0, next() % (piece.length + 1));
    else if (kind === 1) text += piece + String.fromCharCode(next() % 0x250);
    else text += piece;
  }
  return text;
}

function makeBytes(seed: number, text: string): Uint8Array {
  const next = randomFrom(seed ^ 0x5eed);
  const bytes = new TextEncoder().encode(text).slice(0, 512);
  for (let count = next() % 8; count > 0 && bytes.length > 0; count--) {
    bytes[next() % bytes.length] = [0x00, 0x80, 0xc1, 0x90, 0xff, next() & 0xff][next() % 6]!;
  }
  return bytes;
}

/** Mulberry32: small, fast and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = (seed + 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
