import { X509Certificate, createPrivateKey } from "node:crypto";
import { makeTestCertificate } from "@larimar/testkit";
import { expect, test } from "vitest";
import { deviceCertificatesBelow } from "./device-certificates.ts";

test("certificates made in bulk are below their issuer, in their device's name, and valid", async () => {
  const issuer = await makeTestCertificate({ commonName: "Storm authority", isCa: true });
  const make = deviceCertificatesBelow(issuer);
  const [one, other] = [make("storm-1"), make("storm-2")].map(({ cert }) => cert);
  const certificate = new X509Certificate(one!);
  const authority = new X509Certificate(issuer.certPem);
  expect(certificate.subject).toBe("CN=storm-1");
  expect(certificate.checkIssued(authority)).toBe(true);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(make("storm-1").key))).toBe(true);
  expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
  expect(new X509Certificate(other!).fingerprint256).not.toBe(certificate.fingerprint256);
});
