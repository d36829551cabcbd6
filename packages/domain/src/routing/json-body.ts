import type { JsonValue } from "../json/json-value.ts";
import { isJsonObject } from "../json/json-value.ts";
import type { TextCodec, TextEncoding } from "../json/text-codec.ts";
import type { Message } from "../telemetry/message.ts";

const ENCODINGS: ReadonlySet<string> = new Set<TextEncoding>(["utf-8", "utf-16", "utf-32"]);

/**
 * The body of a message that calls itself JSON and says in which encoding, when it is an object. A charset
 * in the content type stands in for an encoding that is not given. (protocol reference: routing 4.2)
 */
export function jsonBodyOf({ properties, body }: Message, text: TextCodec): JsonValue | undefined {
  const { contentType, contentEncoding } = properties.system;
  if (contentType === undefined) return undefined;
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  if (type.trim() !== "application/json") return undefined;
  const encoding = contentEncoding?.toLowerCase() ?? charsetOf(parameters) ?? "";
  if (!ENCODINGS.has(encoding)) return undefined;
  const decoded = text.decode(body, encoding as TextEncoding);
  if (decoded === undefined) return undefined;
  try {
    const value = JSON.parse(decoded) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    // What is no JSON is undefined to a condition, whatever the message says of itself.
    return undefined;
  }
}

function charsetOf(parameters: readonly string[]): string | undefined {
  for (const parameter of parameters) {
    const charset = /^\s*charset="?([^"\s]+)"?\s*$/.exec(parameter)?.[1];
    if (charset !== undefined) return charset;
  }
  return undefined;
}
