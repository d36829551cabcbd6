import type { Device } from "./device.ts";

const PREFIX = "ms-azure-iot-edge://";

/**
 * The scope that an edge device spans; created anew, it spans another. Clients find the id between the scheme
 * and the last hyphen. (protocol reference: service-facing 2.8)
 */
export function ownScope(device: Pick<Device, "deviceId" | "generationId">): string {
  return `${PREFIX}${device.deviceId}-${device.generationId}`;
}

/** Whose scope it would be; undefined for what is none. */
export function scopeOwnerId(scope: string): string | undefined {
  const end = scope.lastIndexOf("-");
  return scope.startsWith(PREFIX) && end > PREFIX.length
    ? scope.slice(PREFIX.length, end)
    : undefined;
}
