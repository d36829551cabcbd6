import { type IdentityKey, applyBulk, rotateKeys } from "@larimar/domain";
import {
  ChangeDevices,
  RotateKeys,
  toBulkItem,
  toBulkResult,
  toRotatedKeyName,
  toRotationResult,
} from "@larimar/wire";
import { RestError } from "../../operations/rest-error.ts";
import { route } from "../../operations/route.ts";

/** Without it one client throws instead of looking into the result. (protocol reference: service-facing 2.9) */
const FAILED = { IotHubErrorCode: "BulkRegistryOperationFailure" };

export const bulkRoutes = [
  route(ChangeDevices, async ({ hub, body }) => {
    await hub.admission.admit("registry", { count: body.length });
    const result = toBulkResult(await applyBulk(hub, body.map(toBulkItem)));
    return result.isSuccessful
      ? { status: 200, body: result }
      : { status: 400, body: result, headers: FAILED };
  }),

  route(RotateKeys, async ({ hub, body }) => {
    const name = toRotatedKeyName(body.policyKey);
    if (name === undefined) {
      throw new RestError("PolicyKeyInvalid", "The key is primaryKey, secondaryKey or both");
    }
    const keys = body.devices.map(({ id, moduleId }): IdentityKey => ({
      deviceId: id,
      moduleId: moduleId || undefined,
    }));
    await hub.admission.admit("registry", { count: keys.length });
    const outcome = await rotateKeys(hub, keys, name);
    const { rotated, errors } = outcome;
    const status = errors.length === 0 ? 200 : rotated.length === 0 ? 400 : 207;
    return { status, body: toRotationResult(name, outcome) };
  }),
];
