import { describe, expect, test } from "vitest";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import {
  paperCertificate,
  paperText,
  presented,
} from "../../certificates/paper-certificates.fixture.ts";
import { TestDevice } from "../fixtures/test-device.fixture.ts";
import type { TestProvisioning } from "../fixtures/test-provisioning.fixture.ts";
import {
  createTestProvisioning,
  testProvisioningCrypto,
} from "../fixtures/test-provisioning.fixture.ts";

const key = testSecrets.createKey();
const groupKey = testSecrets.createKey();

async function withGroup(id = "group", primaryKey = groupKey): Promise<TestProvisioning> {
  const test = createTestProvisioning();
  const attestation = { type: "symmetricKey", primaryKey } as const;
  await test.service.enrollmentGroups.put({ id, attestation });
  return test;
}

describe("a device with a symmetric key", () => {
  test("is let in by its own enrollment", async () => {
    const provisioning = createTestProvisioning();
    const attestation = { type: "symmetricKey", secondaryKey: key } as const;
    await provisioning.service.individualEnrollments.put({ id: "dev-1", attestation });
    const registration = await TestDevice.withKey(provisioning, "DEV-1", key).register();
    expect(registration.assignment).toMatchObject({ hub: "hub1.test", deviceId: "dev-1" });
    expect(registration.enrollmentGroupId).toBeUndefined();
  });

  test("is let in by its group and keeps its derived keys in the hub", async () => {
    const provisioning = await withGroup();
    const registration = await TestDevice.ofGroup(provisioning, "dev-1", groupKey).register();
    expect(registration.enrollmentGroupId).toBe("group");
    const hub = provisioning.hubs.hubs.get("hub1.test")?.hub;
    const { device } = (await hub?.devices.get("dev-1")) ?? {};
    expect(device?.authentication).toMatchObject({
      type: "sas",
      primaryKey: testProvisioningCrypto.deriveKey(groupKey, "dev-1"),
    });
  });

  test("is judged by its own enrollment alone, even where its group would let it in", async () => {
    const provisioning = await withGroup();
    const attestation = { type: "symmetricKey", primaryKey: key } as const;
    await provisioning.service.individualEnrollments.put({ id: "dev-1", attestation });
    const member = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    await expect(member.begin()).rejects.toMatchObject({ code: "Unauthorized" });
  });

  test("is blocked by a disabled enrollment of its own, and let in again without it", async () => {
    const provisioning = await withGroup();
    const member = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    await provisioning.service.individualEnrollments.put({
      id: "dev-1",
      provisioningStatus: "disabled",
      attestation: { type: "symmetricKey" },
    });
    await expect(member.begin()).rejects.toMatchObject({ code: "Unauthorized" });
    await provisioning.service.individualEnrollments.delete("dev-1", "any");
    await expect(member.register()).resolves.toMatchObject({ failure: undefined });
  });

  test("is told that its group is disabled, and its record stays", async () => {
    const provisioning = await withGroup();
    const member = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    const before = await member.register();
    await provisioning.service.enrollmentGroups.put({
      id: "group",
      provisioningStatus: "disabled",
      attestation: { type: "symmetricKey" },
    });
    await expect(member.begin()).rejects.toMatchObject({ code: "EnrollmentDisabled" });
    expect(await provisioning.registrations.find("dev-1")).toEqual(before);
  });

  test("learns nothing about why it is refused", async () => {
    const provisioning = await withGroup();
    const attestation = { type: "symmetricKey", primaryKey: key } as const;
    await provisioning.service.individualEnrollments.put({ id: "dev-1", attestation });
    const wrong = testSecrets.createKey();
    const messages = [];
    for (const id of ["dev-1", "dev-2"]) {
      const device = TestDevice.withKey(provisioning, id, wrong);
      messages.push(await device.begin().catch((error: Error) => error.message));
    }
    expect(messages).toEqual(["Unauthorized", "Unauthorized"]);
    expect(new Set(provisioning.refusals).size).toBe(2);
  });

  test("is found among several groups", async () => {
    const provisioning = await withGroup("first", testSecrets.createKey());
    const attestation = { type: "symmetricKey", secondaryKey: groupKey } as const;
    await provisioning.service.enrollmentGroups.put({ id: "second", attestation });
    const registration = await TestDevice.ofGroup(provisioning, "dev-1", groupKey).register();
    expect(registration.enrollmentGroupId).toBe("second");
  });

  test("with an id that cannot be one is refused as such", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev/1", groupKey);
    await expect(device.begin()).rejects.toMatchObject({ code: "ArgumentInvalid" });
  });
});

const root = paperCertificate({ commonName: "root", isCa: true });
const factory = paperCertificate({ commonName: "factory", isCa: true }, root);

function signing(...certificates: (typeof root)[]) {
  const [primary, secondary] = certificates.map((item) => ({ certificate: paperText(item) }));
  return { type: "x509", signingCertificates: { primary, secondary } } as const;
}

describe("a device with a certificate", () => {
  test.each(["primary", "secondary"] as const)(
    "is let in by its enrolled %s one",
    async (which) => {
      const provisioning = createTestProvisioning();
      const leaf = paperCertificate({ commonName: "dev-1" });
      await provisioning.service.individualEnrollments.put({
        id: "dev-1",
        attestation: {
          type: "x509",
          clientCertificates: { [which]: { certificate: paperText(leaf) } },
        },
      });
      const device = TestDevice.withCertificate(provisioning, "dev-1", presented(leaf));
      await expect(device.register()).resolves.toMatchObject({ failure: undefined });
    },
  );

  test("is known to its hub by the thumbprint of the leaf it presented", async () => {
    const provisioning = createTestProvisioning();
    await provisioning.service.enrollmentGroups.put({ id: "g", attestation: signing(factory) });
    const hub = provisioning.hubs.hubs.get("hub1.test")?.hub;
    for (const keyId of ["first", "renewed"]) {
      const leaf = presented(paperCertificate({ commonName: "dev-1", keyId }, factory));
      await TestDevice.withCertificate(provisioning, "dev-1", leaf).register();
      const { device } = (await hub?.devices.get("dev-1")) ?? {};
      expect(device?.authentication).toEqual({
        type: "selfSigned",
        primaryThumbprint: leaf.sha256Thumbprint,
        secondaryThumbprint: leaf.sha256Thumbprint,
      });
    }
  });

  test("belongs to the group nearest to its leaf, even when that is disabled", async () => {
    const provisioning = createTestProvisioning();
    const { enrollmentGroups } = provisioning.service;
    await enrollmentGroups.put({ id: "all", attestation: signing(root) });
    const near = { id: "near", attestation: signing(factory) };
    await enrollmentGroups.put(near);
    const leaf = presented(paperCertificate({ commonName: "dev-1" }, factory), factory);
    const device = TestDevice.withCertificate(provisioning, "dev-1", leaf);
    await expect(device.register()).resolves.toMatchObject({ enrollmentGroupId: "near" });
    await enrollmentGroups.put({ ...near, provisioningStatus: "disabled" });
    await expect(device.begin()).rejects.toMatchObject({ code: "EnrollmentDisabled" });
    await enrollmentGroups.delete("near", "any");
    await expect(device.register()).resolves.toMatchObject({ enrollmentGroupId: "all" });
  });

  test("reaches an authority by reference once that is verified, and not without", async () => {
    const provisioning = createTestProvisioning();
    const { certificates, enrollmentGroups, individualEnrollments } = provisioning.service;
    const attestation = { type: "x509", caReferences: { primary: "Root" } } as const;
    await enrollmentGroups.put({ id: "g", attestation });
    await individualEnrollments.put({ id: "dev-2", attestation });
    const devices = ["dev-1", "dev-2"].map((id) => {
      const leaf = presented(paperCertificate({ commonName: id }, factory), factory);
      return TestDevice.withCertificate(provisioning, id, leaf);
    });
    const certificate = paperText(root);
    for (const input of [undefined, { isVerified: false }, { isVerified: true }]) {
      if (input !== undefined) await certificates.put({ name: "root", certificate, ...input });
      for (const device of devices) {
        const attempt = device.register();
        if (input?.isVerified) await expect(attempt).resolves.toMatchObject({ failure: undefined });
        else await expect(attempt).rejects.toMatchObject({ code: "Unauthorized" });
      }
    }
  });

  test("with another common name is refused, whatever its case", async () => {
    const provisioning = createTestProvisioning();
    await provisioning.service.enrollmentGroups.put({ id: "g", attestation: signing(factory) });
    const leaf = presented(paperCertificate({ commonName: "DEV-1" }, factory));
    const [same, other] = ["dev-1", "dev-2"].map((id) =>
      TestDevice.withCertificate(provisioning, id, leaf),
    );
    await expect(same?.register()).resolves.toMatchObject({ failure: undefined });
    await expect(other?.begin()).rejects.toMatchObject({ code: "Unauthorized" });
  });

  test("that is not valid now is told so", async () => {
    const provisioning = createTestProvisioning();
    await provisioning.service.enrollmentGroups.put({ id: "g", attestation: signing(factory) });
    const notAfterMs = provisioning.clock.now();
    const leaf = presented(paperCertificate({ commonName: "dev-1", notAfterMs }, factory));
    await expect(
      TestDevice.withCertificate(provisioning, "dev-1", leaf).begin(),
    ).rejects.toMatchObject({ code: "CertificateInvalid", message: "Invalid certificate." });
  });

  test("of nobody's is refused", async () => {
    const provisioning = createTestProvisioning();
    await provisioning.service.enrollmentGroups.put({ id: "g", attestation: signing(factory) });
    const leaf = presented(paperCertificate({ commonName: "dev-1" }));
    await expect(
      TestDevice.withCertificate(provisioning, "dev-1", leaf).begin(),
    ).rejects.toMatchObject({ code: "Unauthorized" });
  });

  test("is not let in by a token of its group's kind of key, nor without anything", async () => {
    const provisioning = createTestProvisioning();
    await provisioning.service.enrollmentGroups.put({ id: "g", attestation: signing(factory) });
    const device = new TestDevice(provisioning, "dev-1", () => ({}));
    await expect(device.begin()).rejects.toMatchObject({ code: "Unauthorized" });
    const withKey = TestDevice.withKey(provisioning, "dev-1", key);
    await expect(withKey.begin()).rejects.toMatchObject({ code: "Unauthorized" });
  });
});
