import { createHmac } from "node:crypto";
import { sasToken } from "../peers/larimar-client.ts";
import { deviceCertificatesBelow } from "./device-certificates.ts";
import type { PrepareCommand } from "./storm-messages.ts";

export interface StormDevice {
  readonly idScope: string;
  readonly registrationId: string;
  /** Undefined for a device with a certificate. */
  readonly token: string | undefined;
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
}

/** Everything that devices bring along, so that none of it is made during the storm. */
export function prepareDevices({
  idScope,
  prefix,
  count,
  credentials,
}: PrepareCommand): StormDevice[] {
  const ids = Array.from({ length: count }, (_, at) => `${prefix}-${String(at).padStart(5, "0")}`);
  if (credentials.kind === "certificates") {
    const make = deviceCertificatesBelow(credentials.issuer);
    return ids.map((registrationId) => {
      return { idScope, registrationId, token: undefined, certificate: make(registrationId) };
    });
  }
  const groupKey = Buffer.from(credentials.groupKey, "base64");
  return ids.map((registrationId) => {
    const key = createHmac("sha256", groupKey).update(registrationId).digest("base64");
    const resource = `${idScope}/registrations/${registrationId}`;
    const token = sasToken({ resource, key, policy: "registration" });
    return { idScope, registrationId, token, certificate: undefined };
  });
}
