import type { Message } from "@larimar/domain";
import {
  SendDeviceEvents,
  isTelemetryBatch,
  readMessageHeaders,
  readTelemetryBatch,
} from "@larimar/wire";
import { judge, parseJson } from "../operation-body.ts";
import { type RouteInput, route } from "../route.ts";

export const deviceEventRoutes = [
  route(SendDeviceEvents, async (input) => {
    const { telemetry } = input.hub;
    const messages = readMessages(input);
    if (messages.length === 0) return { status: 204 };
    // The client waits with us; its next request is not read before this one is answered.
    while (telemetry.isCongested) {
      await telemetry.drained();
      input.signal.throwIfAborted();
    }
    await telemetry.accept(telemetry.sourceOf(input.identity), messages);
    return { status: 204 };
  }),
];

function readMessages({
  headers,
  rawHeaders,
  body,
}: RouteInput<typeof SendDeviceEvents>): readonly Message[] {
  if (isTelemetryBatch(headers["content-type"])) return judge(readTelemetryBatch(parseJson(body)));
  return [{ properties: judge(readMessageHeaders(pairsOf(rawHeaders))), body }];
}

function* pairsOf(rawHeaders: readonly string[]): Generator<[name: string, value: string]> {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    yield [rawHeaders[i] ?? "", decodeHeader(rawHeaders[i + 1] ?? "")];
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Node.js reads headers byte by byte; devices write UTF-8 into them. */
function decodeHeader(text: string): string {
  try {
    return utf8.decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}
