import type { IncomingMessage } from "node:http";
import { HubError } from "@larimar/domain";
import { type Reading, type RouteContract, readJson } from "@larimar/wire";
import type { HttpsLimits } from "../https-limits.ts";
import { readBody } from "./request-body.ts";
import { RestError } from "./rest-error.ts";

type ExpectedBody = NonNullable<RouteContract["body"]>;

/** The body of a request; read once, however many readings of the path are tried. */
export class OperationBody {
  readonly #request: IncomingMessage;
  readonly #limits: HttpsLimits;
  #bytes: Promise<Buffer | undefined> | undefined;

  constructor(request: IncomingMessage, limits: HttpsLimits) {
    this.#request = request;
    this.#limits = limits;
  }

  async read({ limit, schema }: ExpectedBody): Promise<unknown> {
    const bytesMax = this.#limits[limit];
    this.#bytes ??= readBody(this.#request, bytesMax);
    const bytes = await this.#bytes;
    if (bytes === undefined) {
      const message = `The body has more than ${bytesMax} bytes`;
      if (limit === "telemetryBytesMax") throw new HubError("MessageTooLarge", message);
      throw new RestError("BodyTooLarge", message);
    }
    return schema === undefined ? bytes : judge(readJson(schema, parseJson(bytes)));
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new RestError("BodyMissing", "A JSON body is required");
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // The parser's own words would repeat the body, and with it keys.
    // One client counts characters where it should count bytes: what it sends after the end of its body must
    // not be taken for its next request. (protocol reference: device-facing 6.1)
    throw new RestError("BodyUnreadable", "The body is not JSON in UTF-8", { connection: "close" });
  }
}

/** Throws `ArgumentInvalid` with the problem. */
export function judge<T>(reading: Reading<T>): T {
  if (reading.kind === "read") return reading.value;
  throw new HubError("ArgumentInvalid", reading.problem);
}
