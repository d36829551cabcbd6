import type { Authentication } from "./device.ts";

/** An identity that belongs to a device and connects on its own. */
export interface Module {
  readonly deviceId: string;
  readonly moduleId: string;
  readonly generationId: string;
  readonly etag: string;
  readonly authentication: Authentication;
  /** `iotEdge` for modules that a deployment made. */
  readonly managedBy: string | undefined;
}

/** Every edge device has these two from its creation, and nobody else may make or delete them. */
export const SYSTEM_MODULES: readonly string[] = ["$edgeAgent", "$edgeHub"];
