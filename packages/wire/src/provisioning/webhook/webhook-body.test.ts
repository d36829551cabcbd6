import { describe, expect, test } from "vitest";
import { readWebhookAnswer, toWebhookBody } from "./webhook-body.ts";

const enrollment = {
  kind: "group",
  id: "group",
  etag: "e",
  createdAtMs: 0,
  updatedAtMs: 0,
  attestation: { type: "symmetricKey", primaryKey: "c2VjcmV0", secondaryKey: "c2VjcmV0" },
  provisioningStatus: "enabled",
  capabilities: { iotEdge: false },
  iotHubHostName: undefined,
  iotHubs: [],
  initialTwin: undefined,
  reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
  allocationPolicy: "custom",
  customAllocation: { webhookUrl: "https://a.test/", apiVersion: "2019-03-31" },
} as const;

const request = {
  enrollment,
  registrationId: "dev-1",
  payload: { from: "device" },
  current: undefined,
  linkedHubs: ["hub1.test", "hub2.test"],
} as const;

describe("what an allocation webhook is sent", () => {
  test("has the group, the device and the hubs, and no secret", () => {
    const proof = { type: "symmetricKey", primaryKey: "c2VjcmV0", secondaryKey: "x" } as const;
    const text = JSON.stringify(toWebhookBody({ ...request, proof }, 0));
    expect(text).not.toContain("c2VjcmV0");
    expect(JSON.parse(text)).toMatchObject({
      enrollmentGroup: { enrollmentGroupId: "group" },
      deviceRuntimeContext: {
        registrationId: "dev-1",
        symmetricKey: {},
        payload: { from: "device" },
      },
      linkedHubs: ["hub1.test", "hub2.test"],
    });
    expect(text).not.toContain("currentIotHubHostName");
    expect(text).not.toContain("individualEnrollment");
  });

  test("says where the device is, and what its TPM is, when that is so", () => {
    const proof = { type: "tpm", endorsementKey: "ZWs=", storageRootKey: "c3Jr" } as const;
    const current = { hub: "hub1.test", deviceId: "pump" };
    expect(toWebhookBody({ ...request, proof, current }, 0)["deviceRuntimeContext"]).toMatchObject({
      currentIotHubHostName: "hub1.test",
      currentDeviceId: "pump",
      tpm: { endorsementKey: "ZWs=", storageRootKey: "c3Jr" },
    });
  });
});

describe("what an allocation webhook answers", () => {
  test("is read with its twin and its payload", () => {
    const json = {
      iotHubHostName: "hub2.test",
      initialTwin: { tags: { a: 1 }, properties: { desired: { b: 2 } } },
      payload: ["any"],
    };
    expect(readWebhookAnswer(json)).toEqual({
      kind: "read",
      value: {
        iotHubHostName: "hub2.test",
        initialTwin: { tags: { a: 1 }, desired: { b: 2 } },
        payload: ["any"],
      },
    });
  });

  test("may leave out everything but the hub", () => {
    expect(readWebhookAnswer({ iotHubHostName: "h", initialTwin: null, payload: null })).toEqual({
      kind: "read",
      value: { iotHubHostName: "h", initialTwin: undefined, payload: undefined },
    });
  });

  test.each([[{}], [null], [[]], ["hub"], [{ iotHubHostName: "" }], [{ iotHubHostName: 7 }]])(
    "is refused when it is %o",
    (json) => {
      expect(readWebhookAnswer(json).kind).toBe("invalid");
    },
  );
});
