import { describe, expect, test } from "vitest";
import type { PaperCertificate } from "../certificates/paper-certificates.fixture.ts";
import {
  paperCertificate,
  paperText,
  presented,
} from "../certificates/paper-certificates.fixture.ts";
import { createTestHub } from "../fixtures/index.fixture.ts";

const root = paperCertificate({ commonName: "root", isCa: true });
const factory = paperCertificate({ commonName: "factory", isCa: true }, root);
const authentication = { type: "certificateAuthority" } as const;

async function setUp(options: { isVerified?: boolean } = {}) {
  const { hub, clock } = createTestHub();
  const { isVerified = true } = options;
  await hub.certificates.put({ name: "root", certificate: paperText(root), isVerified });
  await hub.devices.create({ deviceId: "d1", authentication });
  await hub.modules.create({ deviceId: "d1", moduleId: "m1", authentication });
  const present = (...chain: PaperCertificate[]) =>
    hub.access.authenticate({ deviceId: "d1" }, { certificate: presented(...chain) });
  return { hub, clock, present };
}

const refused = { code: "Unauthorized" };

describe("a device whose certificate an authority of the hub signed", () => {
  test("proves itself with its name on it, directly below the authority or further down", async () => {
    const { present } = await setUp();
    const direct = paperCertificate({ commonName: "d1" }, root);
    await expect(present(direct)).resolves.toMatchObject({
      authMethod: { scope: "device", type: "x509" },
      expiresAtMs: direct.notAfterMs,
    });
    const further = paperCertificate({ commonName: "d1" }, factory);
    await expect(present(further, factory)).resolves.toBeDefined();
    await expect(present(further)).rejects.toMatchObject(refused);
  });

  test.each([
    ["in another name", { commonName: "d2" }],
    ["in its name in other letters", { commonName: "D1" }],
    ["that has run out", { notAfterMs: 1 }],
    ["that is not valid yet", { notBeforeMs: Date.UTC(2039, 0, 1) }],
  ])("is refused with a certificate %s", async (_, change) => {
    const { present } = await setUp();
    const leaf = paperCertificate({ commonName: "d1", ...change }, root);
    await expect(present(leaf)).rejects.toMatchObject(refused);
  });

  test("is refused when an authority on the way has run out", async () => {
    const { present } = await setUp();
    const old = paperCertificate({ commonName: "old", isCa: true, notAfterMs: 1 }, root);
    await expect(present(paperCertificate({ commonName: "d1" }, old), old)).rejects.toMatchObject(
      refused,
    );
  });

  test("is refused when another device signed its certificate", async () => {
    const { present } = await setUp();
    const other = paperCertificate({ commonName: "d2" }, root);
    const leaf = paperCertificate({ commonName: "d1" }, other);
    await expect(present(leaf, other)).rejects.toMatchObject(refused);
  });

  test("is refused until the owner of the authority has proved to have its key", async () => {
    const { hub, present } = await setUp({ isVerified: false });
    const leaf = paperCertificate({ commonName: "d1" }, root);
    await expect(present(leaf)).rejects.toMatchObject(refused);
    const { verificationCode = "" } = await hub.certificates.generateVerificationCode(
      "root",
      "any",
    );
    const proof = paperCertificate({ commonName: verificationCode }, root);
    await hub.certificates.verify("root", paperText(proof), "any");
    await expect(present(leaf)).resolves.toBeDefined();
    await hub.certificates.delete("root", "any");
    await expect(present(leaf)).rejects.toMatchObject(refused);
  });

  test("does not prove itself with a token, nor with nothing", async () => {
    const { hub } = await setUp();
    await expect(hub.access.authenticate({ deviceId: "d1" }, {})).rejects.toMatchObject(refused);
  });
});

test("a module's certificate carries the names of both, and its device's does not do", async () => {
  const { hub } = await setUp();
  const authenticate = (commonName: string) =>
    hub.access.authenticate(
      { deviceId: "d1", moduleId: "m1" },
      { certificate: presented(paperCertificate({ commonName }, root)) },
    );
  await expect(authenticate("d1/m1")).resolves.toMatchObject({ authMethod: { scope: "module" } });
  await expect(authenticate("d1")).rejects.toMatchObject(refused);
  await expect(authenticate("m1")).rejects.toMatchObject(refused);
});

test("a hub says what is wrong with its authorities in its own words", async () => {
  const { hub } = createTestHub();
  await expect(hub.certificates.get("none")).rejects.toMatchObject({
    name: "HubError",
    code: "CertificateNotFound",
  });
  for (let n = 0; n < 25; n++) {
    await hub.certificates.put({ name: `ca-${n}`, certificate: paperText(root) });
  }
  await expect(
    hub.certificates.put({ name: "one-too-many", certificate: paperText(root) }),
  ).rejects.toMatchObject({ name: "HubError", code: "TooManyCertificates" });
});
