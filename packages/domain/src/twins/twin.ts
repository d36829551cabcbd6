import type { IdentityKey } from "../devices/device.ts";
import type { JsonObject } from "../json/json-value.ts";

/** Desired or reported properties: their values, when each was last changed, and how often all were. */
export interface TwinSection {
  readonly values: JsonObject;
  /** Mirrors the tree of values; `$lastUpdated` at every level, `$lastUpdatedVersion` too when desired. */
  readonly metadata: JsonObject;
  readonly version: number;
}

/** Whether the settings of a configuration are in the twin, or it is only a target of it. */
export type ConfigurationStatus = "Targeted" | "Applied";

/** By the ids of configurations. */
export type TwinConfigurations = Readonly<Record<string, { readonly status: ConfigurationStatus }>>;

export interface Twin {
  readonly key: IdentityKey;
  /** Counts every change of the document. */
  readonly version: number;
  /** Moves with tags and desired properties, not with reported ones. */
  readonly etag: string;
  readonly tags: JsonObject;
  readonly desired: TwinSection;
  readonly reported: TwinSection;
  /** The plug-and-play model the identity announced last; empty without one. */
  readonly modelId: string;
  readonly configurations: TwinConfigurations;
}

export function createTwin(key: IdentityKey, nowMs: number, modelId = ""): Twin {
  const lastUpdated = new Date(nowMs).toISOString();
  return {
    key,
    version: 2,
    etag: twinEtag(1),
    tags: {},
    desired: { values: {}, metadata: { $lastUpdated: lastUpdated }, version: 1 },
    reported: { values: {}, metadata: { $lastUpdated: lastUpdated }, version: 1 },
    modelId,
    configurations: {},
  };
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The hosted service's form: a counter as eight bytes, base64. */
export function twinEtag(counter: number): string {
  const bits = BigInt(counter).toString(2).padStart(64, "0") + "00";
  let text = "";
  for (let at = 0; at < 66; at += 6) text += BASE64[Number.parseInt(bits.slice(at, at + 6), 2)];
  return `${text}=`;
}

export function nextTwinEtag(etag: string): string {
  let bits = "";
  for (const character of etag.replace(/=+$/, "")) {
    bits += BASE64.indexOf(character).toString(2).padStart(6, "0");
  }
  return twinEtag(Number(BigInt(`0b${bits.slice(0, 64)}`)) + 1);
}
