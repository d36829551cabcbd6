import { HubError } from "../errors/hub-error.ts";
import type { TwinPatch, Twins } from "../twins/twins.ts";
import type { IdentityKey } from "./device.ts";
import { describeIdentity } from "./device.ts";
import type { DeviceInput, DeviceRegistry, EtagCondition } from "./device-registry.ts";
import type { ModuleInput, ModuleRegistry } from "./module-registry.ts";

/** More are refused with TooManyDevices, before anything is done. */
export const BULK_ITEMS_MAX = 100;

/** What an item may ask for, in the words of clients. */
export const BULK_MODES = [
  "create",
  "update",
  "updateIfMatchETag",
  "delete",
  "deleteIfMatchETag",
  "createOrUpdate",
  "createOrUpdateIfMatchETag",
  "updateTwin",
  "updateTwinIfMatchETag",
] as const;

export type BulkMode = (typeof BULK_MODES)[number];

export interface BulkItem {
  readonly key: IdentityKey;
  readonly mode: BulkMode;
  /** Undefined when the item brings none, which only the modes with a condition mind. */
  readonly condition: EtagCondition | undefined;
  /** For devices and modules alike; a module takes its credentials only. */
  readonly identity: Omit<DeviceInput, "deviceId"> & Pick<ModuleInput, "managedBy">;
  readonly twin: TwinPatch;
  readonly twinCondition: EtagCondition | undefined;
}

export interface BulkProblem {
  readonly key: IdentityKey;
  readonly mode: BulkMode;
  readonly error: HubError;
}

export interface BulkOutcome {
  /** Items of which nothing was done, or not all of it. */
  readonly errors: readonly BulkProblem[];
  /** Identities that were made, but whose twin refused what it was meant to begin with. */
  readonly twinsLeftOut: readonly BulkProblem[];
}

/** What bulk operations need of a hub. */
export interface BulkHub {
  readonly devices: DeviceRegistry;
  readonly modules: ModuleRegistry;
  readonly twins: Twins;
}

/**
 * Performs each item for itself, those of one device in order, so that a module may follow its device; one
 * that is refused keeps no other from being done. Throws `TooManyDevices` and `DeviceDefinedMultipleTimes`
 * before any.
 */
export async function applyBulk(hub: BulkHub, items: readonly BulkItem[]): Promise<BulkOutcome> {
  checkItems(items.map((item) => item.key));
  const errors: BulkProblem[] = [];
  const twinsLeftOut: BulkProblem[] = [];
  const refusals = await applyItems(hub, items);
  for (const [index, { key, mode }] of items.entries()) {
    const refusal = refusals[index];
    if (refusal === undefined) continue;
    if (refusal instanceof TwinLeftOut) twinsLeftOut.push({ key, mode, error: refusal.error });
    else errors.push({ key, mode, error: refusal });
  }
  return { errors, twinsLeftOut };
}

/**
 * Items of one device wait for each other, and those that name a parent for all before them; the others share
 * the commits of the store.
 */
async function applyItems(
  hub: BulkHub,
  items: readonly BulkItem[],
): Promise<readonly (HubError | undefined)[]> {
  const lastOfDevice = new Map<string, Promise<HubError | undefined>>();
  const applied: Promise<HubError | undefined>[] = [];
  for (const item of items) {
    const { deviceId } = item.key;
    const last = lastOfDevice.get(deviceId);
    const earlier = namesParent(item) ? applied : last === undefined ? [] : [last];
    const doing = Promise.all(earlier).then(() => refusalOf(() => applyItem(hub, item)));
    lastOfDevice.set(deviceId, doing);
    applied.push(doing);
  }
  // Even when one fails, nothing may go on behind the back of whoever is told so.
  const settled = await Promise.allSettled(applied);
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

function namesParent({ identity }: BulkItem): boolean {
  return Boolean(identity.deviceScope) || (identity.parentScopes ?? []).length > 0;
}

/** Throws `TooManyDevices` and `DeviceDefinedMultipleTimes`. */
export function checkItems(keys: readonly IdentityKey[]): void {
  if (keys.length > BULK_ITEMS_MAX) {
    throw new HubError("TooManyDevices", `${keys.length} items are more than ${BULK_ITEMS_MAX}`);
  }
  const names = new Set<string>();
  for (const key of keys) {
    // NOTE: no id holds a slash, so one name stands for one identity.
    const name = describeIdentity(key);
    if (names.has(name)) {
      throw new HubError("DeviceDefinedMultipleTimes", `'${name}' is there more than once`);
    }
    names.add(name);
  }
}

/** What is no refusal of the domain's is for whoever asked for the whole. */
export async function refusalOf<T>(action: () => Promise<T>): Promise<HubError | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}

/** The identity is there, its twin is not as it was asked for. */
class TwinLeftOut extends HubError {
  readonly error: HubError;

  constructor(error: HubError) {
    super(error.code, error.message, error.details, { cause: error });
    this.error = error;
  }
}

async function applyItem(hub: BulkHub, item: BulkItem): Promise<void> {
  const { key, mode, condition, twin, twinCondition } = item;
  const identities = identitiesOf(hub, item);
  switch (mode) {
    case "create":
      await identities.create();
      return beginTwin(hub, item);
    case "update":
    case "updateIfMatchETag":
      await identities.update(mode === "update" ? "any" : required(condition));
      await hub.twins.update(key, twin, "any");
      return;
    case "delete":
    case "deleteIfMatchETag":
      return identities.delete(mode === "delete" ? "any" : required(condition));
    case "createOrUpdate":
    case "createOrUpdateIfMatchETag":
      if ((await refusalOf(identities.find)) !== undefined) {
        await identities.create();
        return beginTwin(hub, item);
      }
      await identities.update(mode === "createOrUpdate" ? "any" : required(condition));
      await hub.twins.update(key, twin, "any");
      return;
    case "updateTwin":
    case "updateTwinIfMatchETag":
      await hub.twins.update(key, twin, mode === "updateTwin" ? "any" : required(twinCondition));
  }
}

async function beginTwin(hub: BulkHub, { key, twin }: BulkItem): Promise<void> {
  const refusal = await refusalOf(() => hub.twins.update(key, twin, "any"));
  if (refusal !== undefined) throw new TwinLeftOut(refusal);
}

interface Identities {
  readonly find: () => Promise<unknown>;
  readonly create: () => Promise<unknown>;
  readonly update: (condition: EtagCondition) => Promise<unknown>;
  readonly delete: (condition: EtagCondition) => Promise<void>;
}

function identitiesOf({ devices, modules }: BulkHub, { key, identity }: BulkItem): Identities {
  const { deviceId, moduleId } = key;
  const { managedBy, ...rest } = identity;
  if (moduleId === undefined) {
    const input: DeviceInput = { ...rest, deviceId };
    return {
      find: () => devices.get(deviceId),
      create: () => devices.create(input),
      update: (condition) => devices.update(input, condition),
      delete: (condition) => devices.delete(deviceId, condition),
    };
  }
  const input: ModuleInput = { deviceId, moduleId, managedBy, authentication: rest.authentication };
  return {
    find: () => modules.get({ deviceId, moduleId }),
    create: () => modules.create(input),
    update: (condition) => modules.update(input, condition),
    delete: (condition) => modules.delete({ deviceId, moduleId }, condition),
  };
}

function required(condition: EtagCondition | undefined): EtagCondition {
  if (condition !== undefined) return condition;
  throw new HubError("ArgumentInvalid", "The mode needs an ETag");
}
