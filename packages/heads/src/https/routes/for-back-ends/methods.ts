import type { Hub, IdentityKey } from "@larimar/domain";
import { InvokeDeviceMethod, InvokeModuleMethod, type MethodBody } from "@larimar/wire";
import type { z } from "zod";
import { type Answer, route } from "../../operations/route.ts";

export const methodRoutes = [
  route(InvokeDeviceMethod, ({ hub, params, body }) => invoke(hub, params, body)),
  route(InvokeModuleMethod, ({ hub, params, body }) => invoke(hub, params, body)),
];

async function invoke(
  hub: Hub,
  key: IdentityKey,
  body: z.output<typeof MethodBody>,
): Promise<Answer> {
  const { status, payload } = await hub.methods.invoke({
    key,
    name: body.methodName,
    payload: body.payload,
    connectTimeoutMs: body.connectTimeoutInSeconds * 1000,
    responseTimeoutMs: body.responseTimeoutInSeconds * 1000,
  });
  return { status: 200, body: { status, payload } };
}
