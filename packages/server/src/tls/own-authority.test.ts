import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory } from "@larimar/testkit";
import { CapturedLog, ManualClock, makeTemporaryDirectory } from "@larimar/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OwnAuthority } from "./own-authority.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

let temporary: TemporaryDirectory;
let directory: string;
let clock: ManualClock;
let log: CapturedLog;
let names: string[];

beforeEach(async () => {
  temporary = await makeTemporaryDirectory();
  directory = temporary.path;
  clock = new ManualClock();
  log = new CapturedLog();
  names = ["localhost", "local.localhost", "127.0.0.1", "::1", "*.localhost"];
});
afterEach(() => temporary[Symbol.asyncDispose]());

/** A new start of a server in the same directory. */
const start = () => new OwnAuthority({ directory, names: () => names, clock, log });
const file = (name: string) => path.join(directory, name);
const read = async (name: string) => new X509Certificate(await readFile(file(name)));
const serverCertificate = () => read("tls/server.pem");
const authority = () => read("ca.pem");

describe("the first start", () => {
  test("makes an authority and a server certificate that it issued, both ECDSA P-256", async () => {
    const { certPem, keyPem } = await start().provide();
    const [ca, server] = [await authority(), await serverCertificate()];
    expect(server.toString()).toBe(new X509Certificate(certPem).toString());
    expect(server.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(server.checkIssued(ca)).toBe(true);
    expect(server.verify(ca.publicKey)).toBe(true);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    for (const { publicKey } of [ca, server]) {
      expect(publicKey.asymmetricKeyType).toBe("ec");
      expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    }
  });

  test("speaks for exactly the names it was given", async () => {
    await start().provide();
    const server = await serverCertificate();
    for (const name of ["localhost", "local.localhost"]) {
      expect(server.checkHost(name)).toBe(name);
    }
    for (const address of ["127.0.0.1", "::1"]) expect(server.checkIP(address)).toBe(address);
    expect(server.checkHost("elsewhere.example")).toBeUndefined();
    expect(server.checkIP("127.0.0.2")).toBeUndefined();
  });

  test("keeps the keys from everybody else", async () => {
    await start().provide();
    for (const key of ["tls/ca-key.pem", "tls/server-key.pem"]) {
      expect((await stat(file(key))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(file("tls"))).mode & 0o777).toBe(0o700);
    expect((await stat(file("ca.pem"))).mode & 0o777).toBe(0o644);
  });

  test("is valid for devices whose clock is a little slow, and not longer than clients accept", async () => {
    await start().provide();
    const server = await serverCertificate();
    const [from, to] = [Date.parse(server.validFrom), Date.parse(server.validTo)];
    expect(from).toBeLessThanOrEqual(clock.now() - 60 * 60 * 1000);
    expect(to - from).toBeLessThanOrEqual(398 * DAY_MS);
  });

  test("gives every server an authority with a name of its own", async () => {
    await start().provide();
    const first = (await authority()).subject;
    await rm(directory, { recursive: true });
    await mkdir(directory);
    await start().provide();
    expect((await authority()).subject).not.toBe(first);
  });
});

describe("a later start", () => {
  test("uses what is there", async () => {
    const first = await start().provide();
    clock.advance(300 * DAY_MS);
    expect(await start().provide()).toEqual(first);
  });

  test("issues a new certificate before the present one ends, from the same authority", async () => {
    const first = await start().provide();
    const ca = await authority();
    clock.advance(340 * DAY_MS);
    const second = await start().provide();
    expect(second.certPem).not.toBe(first.certPem);
    expect((await authority()).fingerprint256).toBe(ca.fingerprint256);
    expect((await serverCertificate()).verify(ca.publicKey)).toBe(true);
    expect(Date.parse((await serverCertificate()).validTo)).toBeGreaterThan(
      clock.now() + 300 * DAY_MS,
    );
  });

  test.each([
    ["gained", () => [...names, "hub.example"]],
    ["lost", () => names.slice(1)],
  ])("issues a new certificate when the server %s a name", async (_, change) => {
    const first = await start().provide();
    const ca = await authority();
    names = change();
    const second = await start().provide();
    expect(second.certPem).not.toBe(first.certPem);
    expect((await authority()).fingerprint256).toBe(ca.fingerprint256);
    expect((await serverCertificate()).checkHost("hub.example")).toBe(
      names.includes("hub.example") ? "hub.example" : undefined,
    );
  });

  test("does not mind in which order or spelling the names come", async () => {
    const first = await start().provide();
    names = ["0:0:0:0:0:0:0:1", ...names.filter((name) => name !== "::1"), "LOCALHOST"];
    names = [...new Set(names.map((name) => name.toLowerCase()))].toReversed();
    expect(await start().provide()).toEqual(first);
  });

  test.each(["tls/server.pem", "tls/server-key.pem"])(
    "issues a new certificate when %s is damaged or missing, from the same authority",
    async (name) => {
      const first = await start().provide();
      const ca = await authority();
      await writeFile(file(name), "damaged");
      const second = await start().provide();
      await rm(file(name));
      const third = await start().provide();
      expect(new Set([first.certPem, second.certPem, third.certPem]).size).toBe(3);
      expect((await authority()).fingerprint256).toBe(ca.fingerprint256);
    },
  );

  test("notices a key that belongs to another certificate", async () => {
    const first = await start().provide();
    await writeFile(file("tls/server-key.pem"), await readFile(file("tls/ca-key.pem")));
    const second = await start().provide();
    expect(second.certPem).not.toBe(first.certPem);
    expect(await start().provide()).toEqual(second);
  });

  test("goes on without the authority's key while it has nothing to issue", async () => {
    const first = await start().provide();
    await rm(file("tls/ca-key.pem"));
    expect(await start().provide()).toEqual(first);
    expect(log.messages("warn")).toEqual([]);
  });

  test("replaces a damaged authority, and says that clients must trust the new one", async () => {
    await start().provide();
    const before = await authority();
    await writeFile(file("ca.pem"), "damaged");
    await start().provide();
    const after = await authority();
    expect(after.fingerprint256).not.toBe(before.fingerprint256);
    expect((await serverCertificate()).verify(after.publicKey)).toBe(true);
    expect(log.messages("warn")).toEqual([expect.stringContaining("clients must trust")]);
  });
});

describe("an authority that nears its end", () => {
  test("is renewed while it can outlive what it issues, and clients of the old one go on", async () => {
    await start().provide();
    const before = await authority();
    clock.advance(3250 * DAY_MS);
    await start().provide();
    const [after, server] = [await authority(), await serverCertificate()];
    expect(after.fingerprint256).not.toBe(before.fingerprint256);
    expect(after.subject).toBe(before.subject);
    expect(Date.parse(after.validTo)).toBeGreaterThan(Date.parse(before.validTo));
    // The same key: whoever still trusts the old file verifies the new certificate with it.
    expect(server.checkIssued(before)).toBe(true);
    expect(server.verify(before.publicKey)).toBe(true);
  });

  test("never issues a certificate that outlives it", async () => {
    await start().provide();
    for (let year = 0; year < 12; year += 1) {
      clock.advance(330 * DAY_MS);
      await start().provide();
      const [ca, server] = [await authority(), await serverCertificate()];
      expect(Date.parse(server.validTo)).toBeLessThanOrEqual(Date.parse(ca.validTo));
      expect(Date.parse(server.validTo)).toBeGreaterThan(clock.now());
    }
  });
});
