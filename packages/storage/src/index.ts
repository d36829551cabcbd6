export * from "./provisioning-storage.ts";
export * from "./sqlite/database-files/ephemeral-directory.ts";
export * from "./sqlite/database-files/lock-data-directory.ts";
export * from "./sqlite/open-storage.ts";
export * from "./storage-error.ts";
export * from "./storage-limits.ts";
export * from "./storage-log.ts";
export * from "./storage.ts";
