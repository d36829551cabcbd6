import { describe, expect, test } from "vitest";
import type { PaperCertificate } from "./paper-certificates.fixture.ts";
import { paperCertificate, paperText } from "./paper-certificates.fixture.ts";
import { createTestProvisioning } from "../provisioning/fixtures/test-provisioning.fixture.ts";

const ca = paperCertificate({ commonName: "ca", isCa: true });

async function uploaded() {
  const { service, clock } = createTestProvisioning({ limits: { certificatesMax: 1 } });
  const { certificates } = service;
  await certificates.put({ name: "ca", certificate: paperText(ca) });
  const { verificationCode = "" } = await certificates.generateVerificationCode("ca", "any");
  const prove = (proof: Partial<PaperCertificate>, issuer = ca) =>
    certificates.verify(
      "ca",
      paperText(paperCertificate({ commonName: verificationCode, ...proof }, issuer)),
      "any",
    );
  return { certificates, clock, prove };
}

describe("a certificate authority", () => {
  test("is verified by a certificate that it signed and that carries the code", async () => {
    const { certificates, prove } = await uploaded();
    expect(await certificates.get("CA")).toMatchObject({ name: "ca", isVerified: false });
    await expect(prove({})).resolves.toMatchObject({
      isVerified: true,
      verificationCode: undefined,
    });
  });

  test.each([
    ["another code", { commonName: "0000" }],
    ["a time that is over", { notAfterMs: 0 }],
  ])("is not verified with %s", async (_, proof) => {
    const { certificates, prove } = await uploaded();
    await expect(prove(proof)).rejects.toMatchObject({ code: "ArgumentInvalid" });
    expect((await certificates.get("ca")).isVerified).toBe(false);
  });

  test("is not verified by what another one signed, nor without a code", async () => {
    const { certificates, prove } = await uploaded();
    const other = paperCertificate({ commonName: "ca", isCa: true });
    await expect(prove({}, other)).rejects.toMatchObject({ code: "ArgumentInvalid" });
    await prove({});
    await expect(prove({})).rejects.toMatchObject({ code: "ArgumentInvalid" });
    expect((await certificates.get("ca")).isVerified).toBe(true);
  });

  test("has to be verified anew when its certificate is replaced", async () => {
    const { certificates, prove } = await uploaded();
    await prove({});
    const same = await certificates.put({ name: "ca", certificate: paperText(ca) });
    expect(same.isVerified).toBe(true);
    const other = paperText(paperCertificate({ commonName: "ca", isCa: true }));
    expect((await certificates.put({ name: "ca", certificate: other })).isVerified).toBe(false);
  });

  test("is refused when it cannot be read, has a bad name, or is one too many", async () => {
    const { certificates } = await uploaded();
    const certificate = paperText(ca);
    await expect(certificates.put({ name: "ca", certificate: "?" })).rejects.toMatchObject({
      code: "ArgumentInvalid",
    });
    await expect(certificates.put({ name: "a b", certificate })).rejects.toMatchObject({
      code: "ArgumentInvalid",
    });
    await expect(certificates.put({ name: "another", certificate })).rejects.toMatchObject({
      code: "QuotaExceeded",
    });
  });

  test("is changed and deleted under a condition only when that holds", async () => {
    const { certificates } = await uploaded();
    const { etag } = await certificates.get("ca");
    const certificate = paperText(ca);
    await certificates.put({ name: "ca", certificate }, { etag });
    const late = { code: "PreconditionFailed" };
    await expect(certificates.put({ name: "ca", certificate }, { etag })).rejects.toMatchObject(
      late,
    );
    await expect(certificates.generateVerificationCode("ca", { etag })).rejects.toMatchObject(late);
    await expect(certificates.verify("ca", certificate, { etag })).rejects.toMatchObject(late);
    await expect(certificates.delete("ca", { etag })).rejects.toMatchObject(late);
    await certificates.delete("ca", "any");
    await expect(certificates.get("ca")).rejects.toMatchObject({ code: "CertificateNotFound" });
    expect(await certificates.list()).toEqual([]);
  });
});
