import { createHmac } from "node:crypto";
import { makeTestCertificate } from "@larimar/testkit";
import { sasToken } from "../peers/larimar-client.ts";
import type { PrepareCommand } from "./storm-messages.ts";

export interface StormDevice {
  readonly idScope: string;
  readonly registrationId: string;
  /** Undefined for a device with a certificate. */
  readonly token: string | undefined;
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
}

/** Everything that devices bring along, so that none of it is made during the storm. */
export async function prepareDevices(command: PrepareCommand): Promise<StormDevice[]> {
  const devices: StormDevice[] = [];
  for (let index = 0; index < command.count; index++) {
    devices.push(await prepareDevice(command, index));
  }
  return devices;
}

async function prepareDevice(command: PrepareCommand, index: number): Promise<StormDevice> {
  const { idScope, prefix, credentials } = command;
  const registrationId = `${prefix}-${String(index).padStart(5, "0")}`;
  if (credentials.kind === "keys") {
    const key = createHmac("sha256", Buffer.from(credentials.groupKey, "base64"))
      .update(registrationId)
      .digest("base64");
    const resource = `${idScope}/registrations/${registrationId}`;
    const token = sasToken({ resource, key, policy: "registration" });
    return { idScope, registrationId, token, certificate: undefined };
  }
  const { chainPem, keyPem } = await makeTestCertificate({
    commonName: registrationId,
    issuer: credentials.issuer,
  });
  return {
    idScope,
    registrationId,
    token: undefined,
    certificate: { cert: chainPem, key: keyPem },
  };
}
