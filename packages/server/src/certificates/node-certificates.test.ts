import { X509Certificate } from "node:crypto";
import { makeTestCertificate } from "@larimar/testkit";
import type { TestCertificate } from "@larimar/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { NodeCertificates } from "./node-certificates.ts";

const certificates = new NodeCertificates();
let root: TestCertificate;
let factory: TestCertificate;
let leaf: TestCertificate;

beforeAll(async () => {
  root = await makeTestCertificate({ commonName: "root", isCa: true });
  factory = await makeTestCertificate({ commonName: "factory", isCa: true, issuer: root });
  leaf = await makeTestCertificate({ commonName: "dev-1", issuer: factory });
});

function read({ der }: TestCertificate) {
  const facts = certificates.parse(der);
  if (facts === undefined) throw new Error("not read");
  return facts;
}

describe("a certificate", () => {
  test("is read from PEM, with whatever stands around it, and from base64 of either form", () => {
    const expected = read(leaf);
    const { certPem, der } = leaf;
    for (const text of [
      certPem,
      `Bag Attributes\n${certPem}\n${root.certPem}`,
      certPem.replaceAll("\n", "\r\n"),
      `-----BEGIN CERTIFICATE-----${der}-----END CERTIFICATE-----`,
      Buffer.from(certPem).toString("base64"),
      der.replaceAll(/.{64}/g, "$&\n"),
    ]) {
      expect(certificates.parse(text)).toEqual(expected);
    }
    expect(certificates.fromDer(Buffer.from(der, "base64"))).toEqual(expected);
  });

  test.each([
    "",
    "no certificate",
    "bm90IG9uZQ==",
    "-----BEGIN CERTIFICATE-----",
    "A".repeat(70_000),
  ])("is not read from %j", (text) => {
    expect(certificates.parse(text)).toBeUndefined();
  });

  test("is described as clients are told", () => {
    const node = new X509Certificate(leaf.certPem);
    expect(read(leaf)).toEqual({
      der: leaf.der,
      subjectName: "CN=dev-1",
      issuerName: "CN=factory",
      subjectCommonName: "dev-1",
      sha1Thumbprint: node.fingerprint.replaceAll(":", ""),
      sha256Thumbprint: node.fingerprint256.replaceAll(":", ""),
      serialNumber: node.serialNumber,
      version: 3,
      notBeforeMs: Date.parse(node.validFrom),
      notAfterMs: Date.parse(node.validTo),
      isCa: false,
    });
    expect(read(root).isCa).toBe(true);
  });
});

describe("an issuer", () => {
  test("is who made the signature", () => {
    expect(certificates.isIssuedBy(read(leaf), read(factory))).toBe(true);
    expect(certificates.isIssuedBy(read(factory), read(root))).toBe(true);
    expect(certificates.isIssuedBy(read(root), read(root))).toBe(true);
  });

  test("is nobody else, whatever the name", async () => {
    const impostor = await makeTestCertificate({ commonName: "factory", isCa: true, issuer: root });
    expect(certificates.isIssuedBy(read(leaf), read(impostor))).toBe(false);
    expect(certificates.isIssuedBy(read(leaf), read(root))).toBe(false);
    expect(certificates.isIssuedBy(read(leaf), read(leaf))).toBe(false);
  });
});
