import type { Message } from "@larimar/domain";
import {
  SendDeviceEvents,
  SendModuleEvents,
  isTelemetryBatch,
  readMessageHeaders,
  readTelemetryBatch,
} from "@larimar/wire";
import { pairsOf } from "../../header-text.ts";
import { judge, parseJson } from "../../operations/operation-body.ts";
import { type Answer, type RouteInput, route } from "../../operations/route.ts";

export const deviceEventRoutes = [
  route(SendDeviceEvents, (input) => accept(input)),
  route(SendModuleEvents, (input) => accept(input)),
];

type Telemetry = RouteInput<typeof SendDeviceEvents> | RouteInput<typeof SendModuleEvents>;

async function accept(input: Telemetry): Promise<Answer> {
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
}

function readMessages({ headers, rawHeaders, body }: Telemetry): readonly Message[] {
  if (isTelemetryBatch(headers["content-type"])) return judge(readTelemetryBatch(parseJson(body)));
  return [{ properties: judge(readMessageHeaders(pairsOf(rawHeaders))), body }];
}
