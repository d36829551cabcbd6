import type { Secrets } from "../../access/secrets.ts";
import { answersTo } from "../hubs/linked-hub.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { argumentInvalid, ProvisioningError } from "../provisioning-error.ts";
import type { ProvisioningSettings } from "./provisioning-settings.ts";

const POLICY_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const POLICIES_MAX = 16;

/** Whether a service can work with these settings. Throws `ArgumentInvalid` and `QuotaExceeded`. */
export function checkProvisioningSettings(
  { linkedHubs, policies }: ProvisioningSettings,
  { limits, secrets }: { limits: ProvisioningLimits; secrets: Pick<Secrets, "isKey"> },
): void {
  const { linkedHubsMax } = limits;
  if (linkedHubs.length > linkedHubsMax) {
    throw new ProvisioningError("QuotaExceeded", `A service links at most ${linkedHubsMax} hubs`);
  }
  for (const [index, hub] of linkedHubs.entries()) {
    const { hostName, allocationWeight } = hub;
    if (!Number.isInteger(allocationWeight) || allocationWeight < 1 || allocationWeight > 1000) {
      throw argumentInvalid(`The weight of '${hostName}' is a whole number from 1 to 1000`);
    }
    if (linkedHubs.slice(0, index).some((other) => answersTo(other, hostName))) {
      throw argumentInvalid(`'${hostName}' is linked twice`);
    }
  }
  if (policies.length > POLICIES_MAX) {
    throw new ProvisioningError("QuotaExceeded", `A service has at most ${POLICIES_MAX} policies`);
  }
  const seen = new Set<string>();
  for (const { name, rights, primaryKey, secondaryKey } of policies) {
    if (!POLICY_NAME.test(name)) {
      throw argumentInvalid(
        `The name of policy '${name}' is not 1 to 64 letters, digits and . _ -`,
      );
    }
    if (seen.has(name.toLowerCase())) throw argumentInvalid(`There are two policies '${name}'`);
    seen.add(name.toLowerCase());
    if (rights.length === 0) throw argumentInvalid(`Policy '${name}' grants nothing`);
    if (!secrets.isKey(primaryKey) || !secrets.isKey(secondaryKey)) {
      throw argumentInvalid(`The keys of policy '${name}' are base64 text of 16 to 64 bytes`);
    }
  }
}
