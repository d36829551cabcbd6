import type { IncomingHttpHeaders } from "node:http";
import { type Hub, HubError, type JsonValue } from "@larimar/domain";
import {
  COMMAND_STATUS_HEADER,
  GetDigitalTwin,
  InvokeCommand,
  InvokeComponentCommand,
  PatchDigitalTwin,
  formatPath,
  toDigitalTwinOperations,
} from "@larimar/wire";
import { parseJson } from "../../operations/operation-body.ts";
import { type Answer, type RouteInput, route } from "../../operations/route.ts";

export const digitalTwinRoutes = [
  route(GetDigitalTwin, async ({ hub, params }) => {
    const { digitalTwin, etag } = await hub.digitalTwins.get(params.deviceId);
    return { status: 200, body: digitalTwin, etag };
  }),

  route(PatchDigitalTwin, async ({ hub, params, body, ifMatch, headers }) => {
    const operations = toDigitalTwinOperations(body);
    if (operations === undefined) {
      throw new HubError("DigitalTwinPatchInvalid", "A patch can add, replace and remove");
    }
    const { deviceId } = params;
    const { etag } = await hub.digitalTwins.update(deviceId, operations, ifMatch ?? "any");
    const location = originOf(headers) + formatPath(PatchDigitalTwin.path, params);
    return { status: 202, etag, headers: { location } };
  }),

  route(InvokeCommand, ({ hub, params, query, body }) =>
    invoke(hub, { ...params, component: undefined }, query, body),
  ),
  route(InvokeComponentCommand, ({ hub, params, query, body }) =>
    invoke(hub, { ...params, component: params.componentPath }, query, body),
  ),
];

async function invoke(
  hub: Hub,
  command: { deviceId: string; component: string | undefined; commandName: string },
  timeouts: RouteInput<typeof InvokeCommand>["query"],
  body: Uint8Array,
): Promise<Answer> {
  const { status, payload } = await hub.digitalTwins.invoke({
    deviceId: command.deviceId,
    component: command.component,
    name: command.commandName,
    payload: body.length === 0 ? undefined : (parseJson(body) as JsonValue),
    connectTimeoutMs: timeouts.connectTimeoutInSeconds * 1000,
    responseTimeoutMs: timeouts.responseTimeoutInSeconds * 1000,
  });
  return { status: 200, body: payload, headers: { [COMMAND_STATUS_HEADER]: String(status) } };
}

/** Relative when the client did not say where it came. */
function originOf({ host }: IncomingHttpHeaders): string {
  return host === undefined ? "" : `https://${host}`;
}
