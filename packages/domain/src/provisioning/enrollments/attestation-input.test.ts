import { describe, expect, test } from "vitest";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import {
  paperCertificate,
  paperText,
  readPaper,
} from "../../certificates/paper-certificates.fixture.ts";
import { testProvisioningCrypto } from "../fixtures/test-provisioning.fixture.ts";
import { resolveAttestation, resolveGroupAttestation } from "./attestation-input.ts";

const parts = { secrets: testSecrets, crypto: testProvisioningCrypto };
const one = paperCertificate({ commonName: "one" });
const two = paperCertificate({ commonName: "two" });
const ek = Buffer.from("ek").toString("base64");

describe("an attestation", () => {
  test.each([
    ["nothing", { type: "none" }],
    ["a short key", { type: "symmetricKey", primaryKey: "c2hvcnQ=" }],
    ["a key that is not base64", { type: "symmetricKey", primaryKey: "!".repeat(44) }],
    ["a TPM without endorsement key", { type: "tpm", endorsementKey: "" }],
    ["a TPM's key that is not base64", { type: "tpm", endorsementKey: "a key" }],
    ["X.509 without anything", { type: "x509" }],
    ["an empty pair", { type: "x509", clientCertificates: {} }],
    [
      "two kinds at once",
      {
        type: "x509",
        clientCertificates: { primary: { certificate: paperText(one) } },
        caReferences: { primary: "ca" },
      },
    ],
    [
      "text that is no certificate",
      { type: "x509", clientCertificates: { primary: { certificate: "bm90IG9uZQ==" } } },
    ],
    ["a certificate without text", { type: "x509", signingCertificates: { primary: {} } }],
  ] as const)("by %s is refused", (_, input) => {
    expect(() => resolveAttestation(input, undefined, parts)).toThrow(
      expect.objectContaining({ code: "ArgumentInvalid" }),
    );
  });

  test.each([
    ["a TPM", { type: "tpm", endorsementKey: ek }],
    [
      "client certificates",
      { type: "x509", clientCertificates: { primary: { certificate: paperText(one) } } },
    ],
  ] as const)("by %s is refused for a group", (_, input) => {
    expect(() => resolveGroupAttestation(input, undefined, parts)).toThrow(
      expect.objectContaining({ code: "ArgumentInvalid" }),
    );
  });

  test("keeps certificates that are sent back as they were told", () => {
    const current = resolveAttestation(
      {
        type: "x509",
        clientCertificates: {
          primary: { certificate: paperText(one) },
          secondary: { certificate: paperText(two) },
        },
      },
      undefined,
      parts,
    );
    const sha256Thumbprint = readPaper(two).sha256Thumbprint.toLowerCase();
    const swapped = {
      type: "x509",
      clientCertificates: { primary: { sha256Thumbprint } },
    } as const;
    expect(resolveAttestation(swapped, current, parts)).toMatchObject({
      kind: "clientCertificates",
      primary: { subjectCommonName: "two" },
      secondary: undefined,
    });
    expect(resolveAttestation(undefined, current, parts)).toBe(current);
  });
});
