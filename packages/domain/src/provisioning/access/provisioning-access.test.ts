import { describe, expect, test } from "vitest";
import type { SasToken } from "../../access/credentials.ts";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import {
  createTestProvisioning,
  testProvisioningCrypto,
} from "../fixtures/test-provisioning.fixture.ts";
import type { ProvisioningRight } from "./provisioning-rights.ts";

function tokenOf(
  policyName: string,
  key: string,
  expiresAtMs: number,
  path: string[] = [],
): SasToken {
  const rawResource = ["localhost", ...path].join("/");
  const rawExpiry = String(expiresAtMs / 1000);
  return {
    rawResource,
    rawExpiry,
    expiresAtMs,
    signature: testProvisioningCrypto.deriveKey(key, `${rawResource}\n${rawExpiry}`),
    policyName,
    resourceReadings: [["localhost", ...path]],
  };
}

function serviceWith(rights: readonly ProvisioningRight[]) {
  const provisioning = createTestProvisioning();
  const [owner] = provisioning.service.settings.policies;
  if (owner === undefined) throw new Error("no policy");
  const policy = { ...owner, name: "some", rights };
  return { ...provisioning, owner, policy };
}

const resource = ["enrollments", "dev-1"];

describe("the service API", () => {
  test.each(["primaryKey", "secondaryKey"] as const)("lets the owner in with its %s", (which) => {
    const { service, clock, owner } = serviceWith([]);
    const token = tokenOf(owner.name, owner[which], clock.now() + 60_000);
    for (const right of owner.rights) {
      expect(service.access.authorize({ token, right, resource })).toEqual({
        policyName: "provisioningserviceowner",
      });
    }
  });

  test("grants what a policy lists, and reading to whoever may write", async () => {
    const { service, clock, policy } = serviceWith(["EnrollmentWrite"]);
    await service.configuration.change({ policies: [policy] });
    const token = tokenOf("some", policy.primaryKey, clock.now() + 60_000);
    for (const right of ["EnrollmentWrite", "EnrollmentRead"] as const) {
      expect(service.access.authorize({ token, right, resource }).policyName).toBe("some");
    }
    expect(() =>
      service.access.authorize({ token, right: "RegistrationStatusRead", resource }),
    ).toThrow(expect.objectContaining({ code: "Unauthorized" }));
  });

  test("refuses tokens that are missing, forged, expired, too narrow or of nobody", () => {
    const { service, clock, owner } = serviceWith([]);
    const soon = clock.now() + 60_000;
    const right = "EnrollmentRead";
    for (const token of [
      undefined,
      tokenOf(owner.name, testSecrets.createKey(), soon),
      tokenOf(owner.name, owner.primaryKey, clock.now() - 300_000),
      tokenOf(owner.name, owner.primaryKey, soon, ["enrollmentGroups"]),
      tokenOf("nobody", owner.primaryKey, soon),
    ]) {
      expect(() => service.access.authorize({ token, right, resource })).toThrow(
        expect.objectContaining({ code: "Unauthorized", message: "Unauthorized" }),
      );
    }
  });
});
