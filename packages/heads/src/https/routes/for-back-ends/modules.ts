import type { Hub, ModuleWithPresence } from "@larimar/domain";
import {
  DeleteModule,
  GetModule,
  ListModules,
  PutModule,
  toModuleIdentity,
  toModuleInput,
} from "@larimar/wire";
import { IdentityMismatchError } from "../../operations/rest-error.ts";
import { type Answer, route } from "../../operations/route.ts";

export const moduleRoutes = [
  route(ListModules, async ({ hub, params }) => {
    const modules = await hub.modules.list(params.deviceId);
    return { status: 200, body: await Promise.all(modules.map((found) => describe(hub, found))) };
  }),

  route(GetModule, async ({ hub, params }) => answer(hub, await hub.modules.get(params))),

  route(PutModule, async ({ hub, params, body, ifMatch }) => {
    const { deviceId, moduleId } = params;
    const isOfAnother = (body.deviceId ?? deviceId) !== deviceId;
    if (isOfAnother || (body.moduleId ?? moduleId) !== moduleId) throw new IdentityMismatchError();
    const input = toModuleInput(params, body);
    return answer(
      hub,
      ifMatch === undefined
        ? await hub.modules.create(input)
        : await hub.modules.update(input, ifMatch),
    );
  }),

  route(DeleteModule, async ({ hub, params, ifMatch }) => {
    await hub.modules.delete(params, ifMatch ?? "any");
    return { status: 204 };
  }),
];

async function answer(hub: Hub, found: ModuleWithPresence): Promise<Answer> {
  return { status: 200, body: await describe(hub, found), etag: found.module.etag };
}

async function describe(hub: Hub, found: ModuleWithPresence): Promise<unknown> {
  const { deviceId, moduleId } = found.module;
  return toModuleIdentity(found, await hub.commands.count({ deviceId, moduleId }));
}
