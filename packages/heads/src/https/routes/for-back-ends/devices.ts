import type { DeviceWithPresence, Hub } from "@larimar/domain";
import {
  DeleteDevice,
  GetDevice,
  ListDevices,
  PutDevice,
  toDeviceIdentity,
  toDeviceInput,
} from "@larimar/wire";
import { IdentityMismatchError } from "../../operations/rest-error.ts";
import { type Answer, route } from "../../operations/route.ts";

export const deviceRoutes = [
  route(ListDevices, async ({ hub, query }) => {
    const devices = await hub.devices.list(query.top);
    const body = await Promise.all(devices.map((device) => describe(hub, device)));
    return { status: 200, body };
  }),

  route(GetDevice, async ({ hub, params }) => answer(hub, await hub.devices.get(params.deviceId))),

  route(PutDevice, async ({ hub, params, body, ifMatch }) => {
    if ((body.deviceId ?? params.deviceId) !== params.deviceId) throw new IdentityMismatchError();
    const input = toDeviceInput(params.deviceId, body);
    return answer(
      hub,
      ifMatch === undefined
        ? await hub.devices.create(input)
        : await hub.devices.update(input, ifMatch),
    );
  }),

  route(DeleteDevice, async ({ hub, params, ifMatch }) => {
    await hub.devices.delete(params.deviceId, ifMatch ?? "any");
    return { status: 204 };
  }),
];

async function answer(hub: Hub, found: DeviceWithPresence): Promise<Answer> {
  return { status: 200, body: await describe(hub, found), etag: found.device.etag };
}

async function describe(hub: Hub, found: DeviceWithPresence): Promise<unknown> {
  return toDeviceIdentity(found, await hub.commands.count({ deviceId: found.device.deviceId }));
}
