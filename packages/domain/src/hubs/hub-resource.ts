import type { JsonObject } from "../json/json-value.ts";

/** Tiers as administrators know them; what each allows is the business of limits. */
export const HUB_TIERS = ["F1", "B1", "B2", "B3", "S1", "S2", "S3"] as const;

export type HubTier = (typeof HUB_TIERS)[number];

/** What administrators keep beside a hub; the hub itself goes on as it was. */
export interface HubResource {
  readonly location: string;
  readonly resourceGroup: string;
  readonly tier: HubTier;
  readonly units: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Properties that mean nothing here and are given back as they came. */
  readonly echoed: JsonObject;
}

export const DEFAULT_HUB_RESOURCE: HubResource = {
  location: "local",
  resourceGroup: "larimar",
  tier: "S1",
  units: 1,
  tags: {},
  echoed: {},
};
