import type { SasToken } from "@larimar/domain";

const PREFIX = "sharedaccesssignature";
const FIELD_NAMES = ["sr", "sig", "se", "skn"] as const;
type FieldName = (typeof FIELD_NAMES)[number];

/**
 * Reads `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`, fields in any order; undefined for anything else.
 * Nothing is decoded that the signature covers. (protocol reference: device-facing 2.1, service-facing 1.3)
 */
export function parseSasToken(text: string): SasToken | undefined {
  const [prefix, fieldText, ...rest] = text.trim().split(" ");
  if (prefix?.toLowerCase() !== PREFIX || fieldText === undefined || rest.length > 0)
    return undefined;
  const fields = readFields(fieldText);
  if (fields?.sr === undefined || fields.se === undefined || fields.sig === undefined)
    return undefined;
  if (!/^\d{1,15}$/.test(fields.se)) return undefined;
  return {
    rawResource: fields.sr,
    rawExpiry: fields.se,
    expiresAtMs: Number(fields.se) * 1000,
    signature: percentDecode(fields.sig),
    // One SDK writes an empty `skn=` where it means none.
    policyName: fields.skn ? percentDecode(fields.skn) : undefined,
    resourceReadings: readResource(fields.sr),
  };
}

function readFields(text: string): Partial<Record<FieldName, string>> | undefined {
  const fields: Partial<Record<FieldName, string>> = {};
  for (const item of text.split("&")) {
    const equals = item.indexOf("=");
    const name = item.slice(0, Math.max(equals, 0)).toLowerCase();
    if (!isFieldName(name)) continue;
    if (fields[name] !== undefined) return undefined;
    fields[name] = item.slice(equals + 1);
  }
  return fields;
}

function isFieldName(name: string): name is FieldName {
  return (FIELD_NAMES as readonly string[]).includes(name);
}

/**
 * The resource as [host, ...segments]. Ids may themselves contain `%` or `+`, and SDKs encode them not at
 * all, once or twice, so there are several readings; the signature decides, so a wrong one opens nothing.
 */
function readResource(raw: string): string[][] {
  const withoutScheme = raw.replace(/^(?:sb|amqps?|https?)(?::\/\/|%3a%2f%2f)/i, "");
  const split = withoutScheme.includes("/")
    ? withoutScheme.split("/")
    : percentDecode(withoutScheme).split("/");
  const asWritten = trimPath(split);
  const decoded = asWritten.map(percentDecode);
  const readings = [asWritten, decoded, asWritten.map(formDecode), decoded.map(percentDecode)];
  const distinct = new Map(readings.map((reading) => [reading.join("/"), reading]));
  return [...distinct.values()];
}

function trimPath(segments: string[]): string[] {
  const [host = "", ...path] = segments;
  while (path.at(-1) === "") path.pop();
  return [host.replace(/:\d+$/, "").toLowerCase(), ...path];
}

function formDecode(text: string): string {
  return percentDecode(text.replaceAll("+", " "));
}

/** Escapes that are not valid stay as they are. */
function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
