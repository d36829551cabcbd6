import type { FileStorage } from "@larimar/domain";
import { DEFAULT_FILE_UPLOAD_SETTINGS } from "@larimar/domain";
import type { Config } from "../config/config-schema.ts";
import { BUILT_IN } from "../config/config-schema.ts";

/** The storage of files that the options ask for; undefined leaves each hub with the one it has. */
export function fileStorageOf({ fileStorage, fileContainer }: Config): FileStorage | undefined {
  if (fileStorage === undefined) return undefined;
  const containerName = fileContainer ?? DEFAULT_FILE_UPLOAD_SETTINGS.storage.containerName;
  return fileStorage === BUILT_IN
    ? { kind: "builtIn", containerName }
    : { kind: "external", connectionString: fileStorage, containerName };
}
