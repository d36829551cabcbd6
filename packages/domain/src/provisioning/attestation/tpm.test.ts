import { describe, expect, test } from "vitest";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import type { TestProvisioning } from "../fixtures/test-provisioning.fixture.ts";
import {
  createTestProvisioning,
  openTpmBlob,
  registrationToken,
} from "../fixtures/test-provisioning.fixture.ts";

const endorsementKey = Buffer.from("the endorsement key").toString("base64");
const storageRootKey = Buffer.from("the storage root key").toString("base64");

async function withTpm(enrolled: { storageRootKey?: string } = {}): Promise<TestProvisioning> {
  const provisioning = createTestProvisioning();
  await provisioning.service.individualEnrollments.put({
    id: "dev-1",
    attestation: { type: "tpm", endorsementKey, ...enrolled },
  });
  return provisioning;
}

function request(
  provisioning: TestProvisioning,
  input: { key?: string; srk?: string; ek?: string; registrationId?: string } = {},
) {
  const { key, srk = storageRootKey, ek = endorsementKey, registrationId = "dev-1" } = input;
  const { idScope } = provisioning.service.settings;
  const expiresAtMs = provisioning.clock.now() + 3_600_000;
  return {
    registrationId,
    protocol: "https",
    payload: undefined,
    bodyBytes: 2,
    evidence: {
      tpm: { endorsementKey: ek, storageRootKey: srk },
      sasToken:
        key === undefined
          ? undefined
          : registrationToken({ idScope, registrationId, key, expiresAtMs }),
    },
  } as const;
}

async function challenge(provisioning: TestProvisioning): Promise<string> {
  const outcome = await provisioning.service.devices.register(request(provisioning));
  if (outcome.kind !== "tpmChallenge") throw new Error("no challenge");
  expect(outcome.keyName).toBe("registration");
  return openTpmBlob(outcome.authenticationKey).key;
}

async function registered(provisioning: TestProvisioning, key: string) {
  const { devices } = provisioning.service;
  const outcome = await devices.register(request(provisioning, { key }));
  if (outcome.kind !== "operation") throw new Error("another challenge");
  await provisioning.clock.advance(0);
  return devices.operation(request(provisioning, { key }), outcome.operationId);
}

describe("a device with a TPM", () => {
  test("answers its challenge and gets a second key, for its hub", async () => {
    const provisioning = await withTpm();
    const { status, registration } = await registered(provisioning, await challenge(provisioning));
    expect(status).toBe("assigned");
    if (registration.attestation.type !== "tpm") throw new Error("another attestation");
    const hubKey = openTpmBlob(registration.attestation.authenticationKey ?? "").key;
    const hub = provisioning.hubs.hubs.get("hub1.test")?.hub;
    const { device } = (await hub?.devices.get("dev-1")) ?? {};
    expect(device?.authentication).toEqual({
      type: "sas",
      primaryKey: hubKey,
      secondaryKey: hubKey,
    });
  });

  test("is refused with an answer to an older challenge", async () => {
    const provisioning = await withTpm();
    const older = await challenge(provisioning);
    const newest = await challenge(provisioning);
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning, { key: older }))).rejects.toMatchObject({
      code: "Unauthorized",
    });
    await expect(registered(provisioning, newest)).resolves.toMatchObject({ status: "assigned" });
  });

  test("is refused when it answers too late", async () => {
    const provisioning = await withTpm();
    const key = await challenge(provisioning);
    await provisioning.clock.advance(5 * 60 * 1000);
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning, { key }))).rejects.toMatchObject({
      code: "Unauthorized",
    });
  });

  test("is refused without ever having been challenged", async () => {
    const provisioning = await withTpm();
    const key = testSecrets.createKey();
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning, { key }))).rejects.toMatchObject({
      code: "Unauthorized",
    });
  });

  test("gets no challenge with another endorsement key", async () => {
    const provisioning = await withTpm();
    const other = Buffer.from("another").toString("base64");
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning, { ek: other }))).rejects.toMatchObject({
      code: "Unauthorized",
    });
  });

  test("gets no challenge with another storage root key than the enrolled one", async () => {
    const other = Buffer.from("another").toString("base64");
    const provisioning = await withTpm({ storageRootKey: other });
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning))).rejects.toMatchObject({
      code: "Unauthorized",
    });
  });

  test("is remembered by the storage root key of its first registration", async () => {
    const provisioning = await withTpm();
    await registered(provisioning, await challenge(provisioning));
    const srk = Buffer.from("another").toString("base64");
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning, { srk }))).rejects.toMatchObject({
      code: "Unauthorized",
    });
  });

  test("cannot answer for other keys than it was challenged with", async () => {
    const provisioning = await withTpm();
    const key = await challenge(provisioning);
    const srk = Buffer.from("another").toString("base64");
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning, { key, srk }))).rejects.toMatchObject({
      code: "Unauthorized",
    });
  });

  test("that nobody enrolled is not found", async () => {
    const provisioning = await withTpm();
    const { devices } = provisioning.service;
    await expect(
      devices.register(request(provisioning, { registrationId: "dev-2" })),
    ).rejects.toMatchObject({ code: "EnrollmentNotFound" });
  });

  test("may be refused for good between challenge and answer", async () => {
    const provisioning = await withTpm();
    const key = await challenge(provisioning);
    await provisioning.service.individualEnrollments.delete("dev-1", "any");
    const { devices } = provisioning.service;
    await expect(devices.register(request(provisioning, { key }))).rejects.toMatchObject({
      code: "EnrollmentNotFound",
    });
  });
});
