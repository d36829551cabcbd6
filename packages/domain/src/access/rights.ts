export const RIGHTS = ["RegistryRead", "RegistryWrite", "ServiceConnect", "DeviceConnect"] as const;

export type Right = (typeof RIGHTS)[number];

/** RegistryWrite implies RegistryRead: both write-capable default policies list the former alone. */
export function grants(held: readonly Right[], needed: Right): boolean {
  return held.includes(needed) || (needed === "RegistryRead" && held.includes("RegistryWrite"));
}
