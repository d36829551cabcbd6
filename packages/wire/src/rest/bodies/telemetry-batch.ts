import type { Message } from "@larimar/domain";
import { z } from "zod";
import { readMessageHeaders } from "../headers/message-headers.ts";
import { readJson } from "../read-json.ts";
import { type Reading, invalid, read } from "../reading.ts";

/** May carry parameters behind it. */
export const TELEMETRY_BATCH_CONTENT_TYPE = "application/vnd.microsoft.iothub.json";

export const TelemetryBatch = z.array(
  z.object({
    body: z.string(),
    /** Absent means true. */
    base64Encoded: z.boolean().nullish(),
    properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  }),
);

// Shared by browsers and Node.js alike.
declare function atob(text: string): string;

const encoder = new TextEncoder();

export function isTelemetryBatch(contentType: string | undefined): boolean {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === TELEMETRY_BATCH_CONTENT_TYPE;
}

/** One bad element fails the whole batch. (protocol reference: device-facing 5.2) */
export function readTelemetryBatch(json: unknown): Reading<readonly Message[]> {
  const batch = readJson(TelemetryBatch, json);
  if (batch.kind === "invalid") return batch;
  const messages: Message[] = [];
  for (const [i, element] of batch.value.entries()) {
    const properties = readMessageHeaders(
      Object.entries(element.properties ?? {}).map(([name, value]) => [name, String(value)]),
    );
    if (properties.kind === "invalid") return invalid(`'${i}.properties': ${properties.problem}`);
    const body = readBody(element.body, element.base64Encoded ?? true);
    if (body === undefined) return invalid(`'${i}.body' is not base64 text`);
    messages.push({ properties: properties.value, body });
  }
  return read(messages);
}

function readBody(text: string, isBase64: boolean): Uint8Array | undefined {
  if (!isBase64) return encoder.encode(text);
  try {
    const binary = atob(text);
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
