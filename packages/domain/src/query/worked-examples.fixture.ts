import type { JsonObject } from "../json/json-value.ts";

function device(
  deviceId: string,
  parts: {
    status?: string;
    tags?: JsonObject;
    reported?: JsonObject;
    version: number;
    connectionState: string;
    configurations?: JsonObject;
  },
): JsonObject {
  return {
    deviceId,
    status: parts.status ?? "enabled",
    connectionState: parts.connectionState,
    lastActivityTime: "0001-01-01T00:00:00Z",
    ...(parts.tags && { tags: parts.tags }),
    ...(parts.configurations && { configurations: parts.configurations }),
    properties: {
      desired: { $metadata: {}, $version: parts.version },
      reported: { ...parts.reported, $metadata: {}, $version: 1 },
    },
  };
}

/** The data of the reference's examples. (protocol reference: query-language 9) */
export const EXAMPLE_DEVICES: readonly JsonObject[] = [
  device("a1", {
    tags: { site: "N", group: "g1" },
    reported: { fw: "1.2", batt: 55, net: { type: "wifi" } },
    version: 4,
    connectionState: "Connected",
    configurations: { c1: { status: "Applied" } },
  }),
  device("a2", {
    tags: { site: "N" },
    reported: { fw: "1.3", batt: 12 },
    version: 1,
    connectionState: "Disconnected",
    configurations: { c1: { status: "Targeted" } },
  }),
  device("b1", {
    status: "disabled",
    tags: { site: "S", group: "g2" },
    reported: { batt: "80" },
    version: 2,
    connectionState: "Disconnected",
  }),
  device("b2", { version: 1, connectionState: "Connected" }),
];
