import { CommandError } from "../command-error.ts";
import type { HubConnection } from "../connection/connection-file.ts";

/** The part of a device's REST form that commands use. */
export interface DeviceIdentity {
  readonly deviceId: string;
  readonly status: string;
  readonly connectionState: string;
  readonly lastActivityTime: string;
  readonly authentication: {
    readonly type: string;
    readonly symmetricKey?: { readonly primaryKey: string | null } | null;
  };
}

export function devicePath(deviceId: string): string {
  return `/devices/${encodeURIComponent(deviceId)}`;
}

/** What the device's own SDK is given. */
export function connectionStringOf(
  { deviceId, authentication }: DeviceIdentity,
  { hostName }: HubConnection,
): string {
  const device = `HostName=${hostName};DeviceId=${deviceId}`;
  switch (authentication.type) {
    case "sas":
      return `${device};SharedAccessKey=${authentication.symmetricKey?.primaryKey ?? ""}`;
    case "selfSigned":
    case "certificateAuthority":
      return `${device};x509=true`;
    default:
      throw new CommandError(`Device '${deviceId}' has no credentials of its own.`);
  }
}
