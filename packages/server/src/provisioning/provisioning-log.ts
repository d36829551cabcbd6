import type { ProvisioningObserver } from "@larimar/domain";
import type { Log } from "@larimar/heads";

/** Ids come from strangers: more of one than an id can have is not worth a line. */
const ID_LENGTH_MAX = 128;

/** What happens in a provisioning service, as lines of the log. */
export function logProvisioning(log: Log, service: string): ProvisioningObserver {
  return {
    attestationAttempted({ outcome, reason, registrationId, protocol }) {
      const facts = { service, registrationId: shorten(registrationId), protocol, outcome, reason };
      if (outcome === "ok" || outcome === "challenged") log.debug(facts, "device attested");
      else log.warn(facts, "device not attested");
    },
    registrationFinished({ outcome, ...facts }) {
      if (outcome === "ok") log.info({ service, ...facts }, "device provisioned");
      else log.warn({ service, ...facts, outcome }, "device not provisioned");
    },
    serviceOperated({ outcome, isChange, ...event }) {
      const facts = { ...event, id: shorten(event.id) };
      if (outcome === "Unauthorized") log.warn({ service, ...facts }, "service operation refused");
      else if (outcome !== "ok")
        log.info({ service, ...facts, outcome }, "service operation failed");
      else log[isChange ? "info" : "debug"]({ service, ...facts }, "service operation performed");
    },
    workFailed({ registrationId, error }) {
      log.error({ service, registrationId, err: error }, "provisioning work failed");
    },
  };
}

function shorten(id: string): string {
  return id.slice(0, ID_LENGTH_MAX);
}
