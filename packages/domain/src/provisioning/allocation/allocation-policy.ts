export const ALLOCATION_POLICIES = ["hashed", "geoLatency", "static", "custom"] as const;

export type AllocationPolicy = (typeof ALLOCATION_POLICIES)[number];

/** A webhook belongs to an enrollment, so it cannot be what a service does by default. */
export type DefaultAllocationPolicy = Exclude<AllocationPolicy, "custom">;
