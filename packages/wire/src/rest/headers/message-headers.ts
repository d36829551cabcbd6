import { type MessageProperties, type SystemProperties, messageProperties } from "@larimar/domain";
import { type Reading, invalid, read } from "../reading.ts";

const APPLICATION_PREFIX = "iothub-app-";

type TextProperty = Exclude<keyof SystemProperties, "expiresAtMs">;

/** Lower case; SDKs differ in the spelling of one. (protocol reference: device-facing 5.2) */
const SYSTEM_HEADERS: ReadonlyMap<string, TextProperty> = new Map([
  ["iothub-messageid", "messageId"],
  ["iothub-correlationid", "correlationId"],
  ["iothub-userid", "userId"],
  ["iothub-to", "to"],
  ["iothub-contenttype", "contentType"],
  ["iothub-contentencoding", "contentEncoding"],
  ["iothub-creationtimeutc", "creationTime"],
  ["iothub-creation-time-utc", "creationTime"],
  ["iothub-messageschema", "messageSchema"],
  ["iothub-interface-id", "interfaceId"],
  ["dt-subject", "componentName"],
]);

/**
 * The properties of a message sent over HTTPS, from the request's headers or from an element of a batch.
 * Any other header is overlooked; the content type of the request says nothing about the message's.
 */
export function readMessageHeaders(
  headers: Iterable<readonly [name: string, value: string]>,
): Reading<MessageProperties> {
  const system: { -readonly [Name in keyof SystemProperties]: SystemProperties[Name] } = {};
  const application = new Map<string, string>();
  for (const [name, value] of headers) {
    const lowered = name.toLowerCase();
    const property = SYSTEM_HEADERS.get(lowered);
    if (property !== undefined) system[property] = value;
    else if (lowered === "iothub-expiry") {
      const expiresAtMs = Date.parse(value);
      if (Number.isNaN(expiresAtMs)) return invalid("'iothub-expiry' is not a date");
      system.expiresAtMs = expiresAtMs;
    } else if (lowered.startsWith(APPLICATION_PREFIX)) {
      const key = name.slice(APPLICATION_PREFIX.length);
      if (key === "") return invalid(`'${APPLICATION_PREFIX}' needs the property's name behind it`);
      application.set(key, value);
    }
  }
  return read(messageProperties(system, application));
}
