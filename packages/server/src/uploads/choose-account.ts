import type { BlobStore, Clock, HubSettings, UploadAccount } from "@larimar/domain";
import type { Log } from "@larimar/heads";
import { parseStorageConnectionString } from "@larimar/wire";
import { BuiltInAccount } from "./built-in-account.ts";
import { ExternalAccount } from "./external-account.ts";

export interface ChooseAccountParts {
  readonly settings: HubSettings;
  readonly blobs: BlobStore;
  readonly httpsPort: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where the devices of a hub upload to; undefined when its settings name no usable account. */
export function chooseAccount(parts: ChooseAccountParts): UploadAccount | undefined {
  const { settings, blobs, httpsPort, clock, log } = parts;
  const { storage } = settings.fileUpload;
  const { containerName } = storage;
  if (storage.kind === "builtIn") {
    return new BuiltInAccount({ settings, containerName, blobs, httpsPort });
  }
  const account = parseStorageConnectionString(storage.connectionString);
  if (account.kind === "read") {
    return new ExternalAccount({ account: account.value, containerName, clock });
  }
  log.error({ hub: settings.name, problem: account.problem }, "storage account not usable");
  return undefined;
}
