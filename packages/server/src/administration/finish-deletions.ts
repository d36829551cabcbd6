import type { Secrets } from "@larimar/domain";
import { completeProvisioningSettings } from "@larimar/domain";
import type { Storage } from "@larimar/storage";

/** What an earlier run of the server had begun to remove, and did not get to the end of. */
export async function finishDeletions(storage: Storage, secrets: Secrets): Promise<void> {
  const { hubSettings, provisioning } = storage;
  for (const { name, isDeleted } of await provisioning.settings.list()) {
    if (isDeleted !== true) continue;
    await provisioning.eraseService(name);
    await provisioning.settings.delete(name);
  }
  for (const { name, isDeleted } of await hubSettings.list()) {
    if (isDeleted !== true) continue;
    for (const service of await provisioning.settings.list()) {
      const linkedHubs = service.linkedHubs.filter(({ hubName }) => hubName !== name);
      if (linkedHubs.length === service.linkedHubs.length) continue;
      const next = { ...service, linkedHubs, etag: secrets.createEtag() };
      await provisioning.settings.put(completeProvisioningSettings(next), service.etag);
    }
    await storage.eraseHub(name);
    await hubSettings.delete(name);
  }
}
