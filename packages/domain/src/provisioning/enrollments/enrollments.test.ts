import { describe, expect, test } from "vitest";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import { createTestProvisioning } from "../fixtures/test-provisioning.fixture.ts";
import { DEFAULT_REPROVISION_POLICY } from "./enrollment.ts";

const attestation = { type: "symmetricKey" } as const;

describe("an enrollment", () => {
  test("has defaults for what its author left out", async () => {
    const { individualEnrollments } = createTestProvisioning().service;
    expect(await individualEnrollments.put({ id: "dev-1", attestation })).toMatchObject({
      kind: "individual",
      id: "dev-1",
      provisioningStatus: "enabled",
      capabilities: { iotEdge: false },
      iotHubs: [],
      reprovisionPolicy: DEFAULT_REPROVISION_POLICY,
      allocationPolicy: undefined,
      deviceId: undefined,
    });
  });

  test("is found and replaced whatever the case of its id, and keeps its spelling and age", async () => {
    const { service, clock } = createTestProvisioning();
    const created = await service.individualEnrollments.put({ id: "Dev-1", attestation });
    await clock.advance(1000);
    const replaced = await service.individualEnrollments.put({
      id: "dev-1",
      provisioningStatus: "disabled",
    });
    expect(replaced).toMatchObject({
      id: "Dev-1",
      createdAtMs: created.createdAtMs,
      updatedAtMs: created.createdAtMs + 1000,
      attestation: created.attestation,
    });
    expect(replaced.etag).not.toBe(created.etag);
    expect(await service.individualEnrollments.get("DEV-1")).toEqual(replaced);
  });

  test("is replaced under a condition only when that holds", async () => {
    const { individualEnrollments } = createTestProvisioning().service;
    const { etag } = await individualEnrollments.put({ id: "dev-1", attestation });
    const next = { id: "dev-1", attestation };
    await individualEnrollments.put(next, { etag });
    await individualEnrollments.put(next, "any");
    await expect(individualEnrollments.put(next, { etag })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    await expect(individualEnrollments.put({ ...next, id: "dev-2" }, "any")).rejects.toMatchObject({
      code: "EnrollmentNotFound",
    });
  });

  test("is deleted under a condition only when that holds", async () => {
    const { enrollmentGroups } = createTestProvisioning().service;
    await enrollmentGroups.put({ id: "g", attestation });
    await expect(enrollmentGroups.delete("g", { etag: "another" })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    await enrollmentGroups.delete("G", "any");
    await expect(enrollmentGroups.delete("g", "any")).rejects.toMatchObject({
      code: "EnrollmentNotFound",
    });
    await expect(enrollmentGroups.get("g")).rejects.toMatchObject({ code: "EnrollmentNotFound" });
  });

  test.each([
    ["an id with a slash", { id: "a/b", attestation }],
    ["an id that begins with a dot", { id: ".a", attestation }],
    ["an id of 129 characters", { id: "a".repeat(129), attestation }],
    ["no attestation", { id: "a" }],
    ["a device id that no hub takes", { id: "a", attestation, deviceId: "a b" }],
    ["a custom allocation without webhook", { id: "a", attestation, allocationPolicy: "custom" }],
    [
      "a webhook that is no URL",
      {
        id: "a",
        attestation,
        allocationPolicy: "custom",
        customAllocation: { webhookUrl: "file:///etc/passwd", apiVersion: "2019-03-31" },
      },
    ],
    [
      "an initial twin that no hub takes",
      { id: "a", attestation, initialTwin: { tags: { "a.b": 1 }, desired: {} } },
    ],
    [
      "an initial twin that is too large",
      {
        id: "a",
        attestation,
        initialTwin: {
          tags: {},
          desired: Object.fromEntries(
            Array.from({ length: 10 }, (_, i) => [`k${i}`, "x".repeat(4000)]),
          ),
        },
      },
    ],
  ] as const)("with %s is refused", async (_, input) => {
    const { individualEnrollments } = createTestProvisioning().service;
    await expect(individualEnrollments.put(input)).rejects.toMatchObject({
      code: "ArgumentInvalid",
    });
  });

  test("of one too many is refused", async () => {
    const { individualEnrollments, enrollmentGroups } = createTestProvisioning({
      limits: { individualEnrollmentsMax: 1, groupsPerAttestationTypeMax: 1 },
    }).service;
    const refused = { code: "QuotaExceeded" };
    for (const enrollments of [individualEnrollments, enrollmentGroups]) {
      await enrollments.put({ id: "a", attestation });
      await enrollments.put({ id: "a", attestation });
      await expect(enrollments.put({ id: "b", attestation })).rejects.toMatchObject(refused);
    }
    const x509 = { type: "x509", caReferences: { primary: "ca" } } as const;
    await enrollmentGroups.put({ id: "b", attestation: x509 });
    await expect(enrollmentGroups.put({ id: "b", attestation })).rejects.toMatchObject(refused);
  });
});

describe("many enrollments at once", () => {
  test("are each on their own: what fails is told, the rest happens", async () => {
    const { individualEnrollments } = createTestProvisioning().service;
    await individualEnrollments.put({ id: "b", attestation });
    const items = ["a", "b", "c/"].map((id) => ({ input: { id, attestation }, etag: undefined }));
    expect(await individualEnrollments.bulk("create", items)).toMatchObject([
      { id: "b", code: "EnrollmentAlreadyExists" },
      { id: "c/", code: "ArgumentInvalid" },
    ]);
    expect(await individualEnrollments.get("a")).toBeDefined();
  });

  test("are updated only where they are, and with an ETag only where it fits", async () => {
    const { enrollmentGroups } = createTestProvisioning().service;
    const { etag } = await enrollmentGroups.put({ id: "a", attestation });
    const item = (id: string, tag?: string) => ({ input: { id, attestation }, etag: tag });
    expect(await enrollmentGroups.bulk("update", [item("x")])).toMatchObject([
      { id: "x", code: "EnrollmentNotFound" },
    ]);
    const guarded = [item("a", etag), item("a", etag), item("a")];
    expect(await enrollmentGroups.bulk("updateIfMatchETag", guarded)).toMatchObject([
      { code: "PreconditionFailed" },
      { code: "ArgumentInvalid" },
    ]);
    expect(await enrollmentGroups.bulk("delete", [item("a")])).toEqual([]);
  });

  test("are ten at most", async () => {
    const { enrollmentGroups } = createTestProvisioning().service;
    const items = Array.from({ length: 11 }, (_, i) => ({
      input: { id: `g${i}`, attestation },
      etag: undefined,
    }));
    await expect(enrollmentGroups.bulk("create", items)).rejects.toMatchObject({
      code: "ArgumentInvalid",
    });
  });
});

describe("a query for enrollments", () => {
  async function withDevices(count: number) {
    const { individualEnrollments } = createTestProvisioning({
      limits: { queryPageMax: 10, queryScanMax: 20 },
    }).service;
    for (let i = 0; i < count; i++) {
      const status = i % 2 === 0 ? "enabled" : "disabled";
      const id = `dev-${String(i).padStart(3, "0")}`;
      await individualEnrollments.put({ id, attestation, provisioningStatus: status });
    }
    return individualEnrollments;
  }

  test("comes in pages that together are everything, each once", async () => {
    const enrollments = await withDevices(25);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await enrollments.query("SELECT * FROM enrollments", { limit: 7, after });
      ids.push(...page.items.map(({ id }) => id));
      after = page.after;
    } while (after !== undefined);
    expect(ids).toHaveLength(25);
    expect(new Set(ids).size).toBe(25);
  });

  test("finds what matches, even when a page has to end without any", async () => {
    const enrollments = await withDevices(25);
    const text = "select * from enrollments where registrationId = 'DEV-024'";
    const first = await enrollments.query(text, {});
    expect(first).toMatchObject({ items: [], after: "dev-019" });
    const second = await enrollments.query(text, { after: first.after });
    expect(second.items.map(({ id }) => id)).toEqual(["dev-024"]);
    expect(second.after).toBeUndefined();
  });
});

describe("the keys of an enrollment", () => {
  const key = testSecrets.createKey();

  test("are generated where they are missing or empty, and kept when it is replaced without", async () => {
    const { enrollmentGroups } = createTestProvisioning().service;
    const given = { type: "symmetricKey", primaryKey: key, secondaryKey: "" } as const;
    const created = await enrollmentGroups.put({ id: "g", attestation: given });
    expect(created.attestation).toMatchObject({ primaryKey: key });
    if (created.attestation.type !== "symmetricKey") throw new Error("another type");
    expect(testSecrets.isKey(created.attestation.secondaryKey)).toBe(true);
    const replaced = await enrollmentGroups.put({ id: "g", attestation });
    expect(replaced.attestation).toEqual(created.attestation);
  });
});
