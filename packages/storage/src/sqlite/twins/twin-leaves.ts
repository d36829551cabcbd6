import type { JsonObject, JsonValue } from "@larimar/domain";
import { isJsonObject } from "@larimar/domain";
import type { TwinPlace, TwinSection, TwinSections } from "./twin-place.ts";

/** Levels of keys; what is deeper is found by going through all twins. */
const DEPTH_MAX = 10;
/** Characters; longer texts are found by going through all twins. */
const TEXT_LENGTH_MAX = 256;
/** A twin with more has one leaf instead, which everybody who looks for something finds. */
const LEAVES_MAX = 256;

/**
 * A leaf is a hash of a value of a twin, together with where it is. Twins are found by their leaves when few
 * have the value that a query asks for; whether they really have it is looked up in them. Numbers that
 * devices report have none: they change all the time, and each change would cost as much as the patch itself;
 * `TwinMemory` finds those.
 */
export function leavesOf(hub: string, twin: TwinSections): number[] {
  const leaves = new Set<number>();
  addLeaves(leaves, "tags", start(hub, "tags"), twin.tags, 1);
  addLeaves(leaves, "desired", start(hub, "desired"), twin.desired.values, 1);
  addLeaves(leaves, "reported", start(hub, "reported"), twin.reported.values, 1);
  return leaves.size > LEAVES_MAX ? [crowdedLeaf(hub)] : [...leaves];
}

/** What all twins of a hub have that have too many values for leaves of their own. */
export function crowdedLeaf(hub: string): number {
  return finish(start(hub, "crowded"));
}

/** Undefined for what has no leaf. */
export function leafOf(
  hub: string,
  place: TwinPlace,
  value: JsonValue | undefined,
): number | undefined {
  const { section, keys } = place;
  if (keys.length === 0 || keys.length > DEPTH_MAX) return undefined;
  return hashOf(section, keys.reduce(mix, start(hub, section)), value);
}

function addLeaves(
  leaves: Set<number>,
  section: TwinSection,
  hash: number,
  object: JsonObject,
  depth: number,
): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (isJsonObject(value)) {
      if (depth < DEPTH_MAX) addLeaves(leaves, section, mix(hash, key), value, depth + 1);
      continue;
    }
    const leaf = hashOf(section, mix(hash, key), value);
    if (leaf !== undefined) leaves.add(leaf);
  }
}

function hashOf(
  section: TwinSection,
  hash: number,
  value: JsonValue | undefined,
): number | undefined {
  switch (typeof value) {
    case "string":
      return value.length > TEXT_LENGTH_MAX ? undefined : finish(mix(hash ^ 1, value));
    case "boolean":
      return finish(mix(hash ^ 2, String(value)));
    case "number":
      return section === "reported" ? undefined : finish(mix(hash ^ 3, String(value)));
    default:
      return undefined;
  }
}

const FNV_PRIME = 0x01_00_01_93;
/** No text has a unit like this, so that it ends one. */
const END = 0x1_00_00;

function start(hub: string, section: string): number {
  return mix(mix(0x81_1c_9d_c5, hub), section);
}

/** FNV-1a over the units of a text. */
function mix(hash: number, text: string): number {
  let mixed = hash;
  for (let at = 0; at < text.length; at++)
    mixed = Math.imul(mixed ^ text.charCodeAt(at), FNV_PRIME);
  return Math.imul(mixed ^ END, FNV_PRIME);
}

/** Spreads what the last characters changed over all bits. Signed, which SQLite keeps in four bytes. */
function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85_eb_ca_6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2_b2_ae_35);
  return mixed ^ (mixed >>> 16);
}
