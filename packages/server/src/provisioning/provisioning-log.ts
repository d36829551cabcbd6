import type { ProvisioningObserver } from "@larimar/domain";
import type { Log } from "@larimar/heads";

/** What happens in a provisioning service, as lines of the log. */
export function logProvisioning(log: Log, service: string): ProvisioningObserver {
  return {
    attestationAttempted({ outcome, ...facts }) {
      const level = outcome === "ok" || outcome === "challenged" ? "debug" : "warn";
      log[level]({ service, ...facts, outcome }, "device attested");
    },
    registrationFinished({ outcome, ...facts }) {
      if (outcome === "ok") log.info({ service, ...facts }, "device provisioned");
      else log.warn({ service, ...facts, outcome }, "device not provisioned");
    },
    workFailed({ registrationId, error }) {
      log.error({ service, registrationId, err: error }, "provisioning work failed");
    },
  };
}
