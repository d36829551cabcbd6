import { describeIdentity } from "../devices/device.ts";
import type { IdentityKey } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { JsonObject } from "../json/json-value.ts";
import { jsonObject } from "../json/json-value.ts";
import type { Admission } from "../limits/admission.ts";
import { blocksOf } from "../limits/admission.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Clock } from "../time/clock.ts";
import { applyPatch, mergeTags, replaceSection } from "./apply-patch.ts";
import type { TwinChange } from "./twin-change.ts";
import { checkPatch, checkSize, PROPERTIES_LIMITS, sizeOf, TAGS_LIMITS } from "./twin-rules.ts";
import type { TwinStore } from "./twin-store.ts";
import type { Twin, TwinConfigurations, TwinSection } from "./twin.ts";
import { createTwin, nextTwinEtag } from "./twin.ts";

export interface TwinsParts {
  readonly store: TwinStore;
  readonly sessions: Sessions;
  readonly clock: Clock;
  /** Tells whether an identity is registered; a registered one always has a twin. */
  readonly isRegistered: (key: IdentityKey) => Promise<boolean>;
  readonly admission: Admission;
  readonly onChange: (change: TwinChange) => void;
}

/** A section that is absent stays; null empties it. */
export interface TwinPatch {
  readonly tags?: JsonObject | null | undefined;
  readonly desired?: JsonObject | null | undefined;
}

/** What a configuration makes of a twin: what changes of the desired properties, and what it says of itself. */
export interface TwinSettlement {
  readonly desired: JsonObject | undefined;
  readonly configurations: TwinConfigurations;
}

export type TwinCondition = { readonly etag: string } | "any";

/** Where a changed twin is written; others write what is theirs in the same commit, as jobs do what came of it. */
export type TwinWriter = Pick<TwinStore, "put">;

/** Writers of one twin that keep overtaking each other give up after so many tries. */
const ATTEMPTS_MAX = 16;

/** Twins of devices and modules: one patch is one atomic compare-and-set. */
export class Twins {
  readonly #parts: TwinsParts;

  constructor(parts: TwinsParts) {
    this.#parts = parts;
  }

  /** Throws `DeviceNotFound`, `ModuleNotFound`. */
  async get(key: IdentityKey): Promise<Twin> {
    const twin = await this.#read(key);
    await this.#parts.admission.admit("twinReads", {
      charge: (blockBytes) => blocksOf(sizeOfTwin(twin), blockBytes),
    });
    return twin;
  }

  async #read(key: IdentityKey): Promise<Twin> {
    const { store, clock, isRegistered } = this.#parts;
    const found = await store.find(key);
    if (found !== undefined) return found;
    if (!(await isRegistered(key))) throw notFound(key);
    // Identities and twins are two writes; a crash in between is healed here.
    const twin = createTwin(key, clock.now());
    return (await store.put(twin, undefined)) === "written" ? twin : this.#read(key);
  }

  /** The device's own change. Throws `ArgumentInvalid`, `TwinTooLarge`, `PreconditionFailed`. */
  async patchReported(
    key: IdentityKey,
    patch: JsonObject,
    expectedVersion?: number,
  ): Promise<{ version: number }> {
    checkPatch("reported", patch, PROPERTIES_LIMITS);
    await this.#admitUpdate(patch);
    const { before, twin } = await this.#change(key, (current) => {
      if (expectedVersion !== undefined && expectedVersion !== current.reported.version) {
        throw preconditionFailed(key);
      }
      const reported = this.#patchSection("reported", current.reported, patch);
      return { ...current, version: current.version + 1, reported };
    });
    this.#parts.onChange({
      kind: "updateTwin",
      before,
      twin,
      tags: undefined,
      desired: undefined,
      reported: patch,
    });
    return { version: twin.reported.version };
  }

  /** Throws `ArgumentInvalid` for what no twin may hold. */
  check({ tags, desired }: TwinPatch): void {
    if (tags) checkPatch("tags", tags, TAGS_LIMITS);
    if (desired) checkPatch("desired", desired, PROPERTIES_LIMITS);
  }

  /** A back end's change; the device hears of desired properties when it listens. */
  async update(
    key: IdentityKey,
    patch: TwinPatch,
    condition: TwinCondition,
    writer: TwinWriter = this.#parts.store,
  ): Promise<Twin> {
    const { tags, desired } = patch;
    this.check(patch);
    if (tags === undefined && desired === undefined) return this.#unchanged(key, condition);
    await this.#admitUpdate({ tags: tags ?? {}, desired: desired ?? {} });
    let told = desired ?? {};
    const decide = (current: Twin): Twin => {
      checkCondition(current, condition);
      // A device merges what it hears, so an emptied section is told key by key.
      if (desired === null) told = allNull(current.desired.values);
      return this.#next(current, {
        tags:
          tags === undefined ? current.tags : tags === null ? {} : mergeTags(current.tags, tags),
        desired:
          desired === undefined
            ? current.desired
            : desired === null
              ? this.#replaceSection(current.desired, {})
              : this.#patchSection("desired", current.desired, desired),
      });
    };
    const { before, twin } = await this.#change(key, decide, writer);
    if (desired !== undefined) this.#notify(twin, told);
    this.#parts.onChange({
      kind: "updateTwin",
      before,
      twin,
      tags: tags ?? (tags === null ? {} : undefined),
      desired: desired === undefined ? undefined : told,
      reported: undefined,
    });
    return twin;
  }

  /** Tags and desired properties become exactly what is given; absent means empty. */
  async replace(key: IdentityKey, patch: TwinPatch, condition: TwinCondition): Promise<Twin> {
    const tags = patch.tags ?? {};
    const desired = patch.desired ?? {};
    checkPatch("tags", tags, TAGS_LIMITS);
    checkPatch("desired", desired, PROPERTIES_LIMITS);
    await this.#admitUpdate({ tags, desired });
    const { before, twin } = await this.#change(key, (current) => {
      checkCondition(current, condition);
      return this.#next(current, {
        tags: mergeTags({}, tags),
        desired: this.#replaceSection(current.desired, desired),
      });
    });
    this.#notify(twin, twin.desired.values);
    const kind = "replaceTwin";
    this.#parts.onChange({ kind, before, twin, tags, desired, reported: undefined });
    return twin;
  }

  /**
   * Lets configurations have their way; nothing happens when `decide` says undefined. The device hears of
   * desired properties when it listens. Throws `TwinTooLarge`.
   */
  async settle(
    key: IdentityKey,
    decide: (current: Twin) => TwinSettlement | undefined,
    writer: TwinWriter = this.#parts.store,
  ): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const current = await this.get(key);
      const settlement = decide(current);
      if (settlement === undefined) return;
      const { desired, configurations } = settlement;
      const version = current.version + 1;
      const next: Twin =
        desired === undefined
          ? { ...current, version, configurations }
          : {
              ...current,
              version,
              configurations,
              etag: nextTwinEtag(current.etag),
              desired: this.#patchSection("desired", current.desired, desired),
            };
      if ((await writer.put(next, current.version)) !== "written") continue;
      if (desired !== undefined) this.#tellOfSettlement(current, next, desired);
      return;
    }
    throw busy(key);
  }

  #tellOfSettlement(before: Twin, twin: Twin, desired: JsonObject): void {
    this.#notify(twin, desired);
    this.#parts.onChange({
      kind: "updateTwin",
      isSettlement: true,
      before,
      twin,
      tags: undefined,
      desired,
      reported: undefined,
    });
  }

  /** A plug-and-play device announced its model. */
  async announceModel(key: IdentityKey, modelId: string): Promise<void> {
    const twin = await this.#read(key);
    if (twin.modelId === modelId) return;
    await this.#change(key, (current) => ({ ...current, version: current.version + 1, modelId }));
  }

  async #admitUpdate(patch: JsonObject): Promise<void> {
    await this.#parts.admission.admit("twinUpdates", {
      charge: (blockBytes) => blocksOf(sizeOf(patch), blockBytes),
    });
  }

  async #unchanged(key: IdentityKey, condition: TwinCondition): Promise<Twin> {
    const twin = await this.#read(key);
    checkCondition(twin, condition);
    return twin;
  }

  async #change(
    key: IdentityKey,
    decide: (current: Twin) => Twin,
    writer: TwinWriter = this.#parts.store,
  ): Promise<{ readonly before: Twin; readonly twin: Twin }> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const before = await this.#read(key);
      const twin = decide(before);
      if ((await writer.put(twin, before.version)) === "written") return { before, twin };
    }
    throw busy(key);
  }

  #next(current: Twin, change: { tags: JsonObject; desired: TwinSection }): Twin {
    checkSize("tags", current.tags, change.tags, TAGS_LIMITS);
    return {
      ...current,
      ...change,
      version: current.version + 1,
      etag: nextTwinEtag(current.etag),
    };
  }

  #patchSection(
    name: "desired" | "reported",
    section: TwinSection,
    patch: JsonObject,
  ): TwinSection {
    const options = { nowMs: this.#parts.clock.now(), stampsVersion: name === "desired" };
    const next = applyPatch(section, patch, options);
    checkSize(name, section.values, next.values, PROPERTIES_LIMITS);
    return next;
  }

  #replaceSection(section: TwinSection, values: JsonObject): TwinSection {
    const next = replaceSection(section, values, {
      nowMs: this.#parts.clock.now(),
      stampsVersion: true,
    });
    checkSize("desired", section.values, next.values, PROPERTIES_LIMITS);
    return next;
  }

  #notify(twin: Twin, patch: JsonObject): void {
    this.#parts.sessions.find(twin.key)?.desired?.notify({ patch, version: twin.desired.version });
  }
}

function sizeOfTwin({ tags, desired, reported }: Twin): number {
  return sizeOf(tags) + sizeOf(desired.values) + sizeOf(reported.values);
}

function allNull(values: JsonObject): JsonObject {
  return jsonObject(Object.keys(values).map((key) => [key, null]));
}

function checkCondition(twin: Twin, condition: TwinCondition): void {
  if (condition !== "any" && condition.etag !== twin.etag) throw preconditionFailed(twin.key);
}

function preconditionFailed(key: IdentityKey): HubError {
  return new HubError(
    "PreconditionFailed",
    `The twin of '${describeIdentity(key)}' has another version`,
    { deviceId: key.deviceId },
  );
}

function busy(key: IdentityKey): HubError {
  return new HubError("Busy", `The twin of '${describeIdentity(key)}' changes too often`);
}

function notFound(key: IdentityKey): HubError {
  return new HubError(
    key.moduleId === undefined ? "DeviceNotFound" : "ModuleNotFound",
    `'${describeIdentity(key)}' is not registered.`,
    { deviceId: key.deviceId, moduleId: key.moduleId },
  );
}
