import type { Hub, IdentityKey, Twin, TwinOwner } from "@larimar/domain";
import {
  GetDeviceTwin,
  GetModuleTwin,
  PatchDeviceTwin,
  PatchModuleTwin,
  PutDeviceTwin,
  PutModuleTwin,
  toTwinBody,
  toTwinPatch,
} from "@larimar/wire";
import { type Answer, route } from "../../operations/route.ts";

export const twinRoutes = [
  route(GetDeviceTwin, async ({ hub, params }) => answer(hub, await hub.twins.get(params))),
  route(GetModuleTwin, async ({ hub, params }) => answer(hub, await hub.twins.get(params))),

  route(PatchDeviceTwin, async ({ hub, params, body, ifMatch }) =>
    answer(hub, await hub.twins.update(params, toTwinPatch(body), ifMatch ?? "any")),
  ),
  route(PatchModuleTwin, async ({ hub, params, body, ifMatch }) =>
    answer(hub, await hub.twins.update(params, toTwinPatch(body), ifMatch ?? "any")),
  ),

  route(PutDeviceTwin, async ({ hub, params, body, ifMatch }) =>
    answer(hub, await hub.twins.replace(params, toTwinPatch(body), ifMatch ?? "any")),
  ),
  route(PutModuleTwin, async ({ hub, params, body, ifMatch }) =>
    answer(hub, await hub.twins.replace(params, toTwinPatch(body), ifMatch ?? "any")),
  ),
];

async function answer(hub: Hub, twin: Twin): Promise<Answer> {
  const body = toTwinBody(twin, await ownerOf(hub, twin.key));
  return { status: 200, body, etag: twin.etag };
}

/** A module's twin shows the status of its device. */
async function ownerOf(hub: Hub, key: IdentityKey): Promise<TwinOwner> {
  const { deviceId, moduleId } = key;
  const commandCount = await hub.commands.count(key);
  const { device, presence } = await hub.devices.get(deviceId);
  if (moduleId === undefined) return { ...device, presence, commandCount };
  const found = await hub.modules.get({ deviceId, moduleId });
  const { etag, authentication } = found.module;
  return {
    ...device,
    etag,
    authentication,
    capabilities: undefined,
    presence: found.presence,
    commandCount,
  };
}
