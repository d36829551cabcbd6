import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NodeSecrets } from "./node-secrets.ts";

const secrets = new NodeSecrets();
const key = secrets.createKey();
const hmac = (keyBytes: Buffer, text: string) =>
  createHmac("sha256", keyBytes).update(text).digest("base64");

describe("signatures", () => {
  test("are checked with the bytes of the key, or with its text, as asked", () => {
    const text = "localhost%2fdevices%2fd\n1700000000";
    const byBytes = hmac(Buffer.from(key, "base64"), text);
    const byText = hmac(Buffer.from(key), text);
    expect(secrets.isSignedBy({ key, keyReading: "base64", text, signature: byBytes })).toBe(true);
    expect(secrets.isSignedBy({ key, keyReading: "utf8", text, signature: byText })).toBe(true);
    expect(secrets.isSignedBy({ key, keyReading: "utf8", text, signature: byBytes })).toBe(false);
    expect(secrets.isSignedBy({ key, keyReading: "base64", text, signature: byText })).toBe(false);
  });

  test("of another text, of another length, or of no base64 at all are refused", () => {
    const signature = hmac(Buffer.from(key, "base64"), "text");
    const check = (change: object) =>
      secrets.isSignedBy({ key, keyReading: "base64", text: "text", signature, ...change });
    expect(check({})).toBe(true);
    expect(check({ text: "texT" })).toBe(false);
    expect(check({ signature: signature.slice(0, 20) })).toBe(false);
    expect(check({ signature: "" })).toBe(false);
    expect(check({ signature: "*".repeat(44) })).toBe(false);
    expect(check({ key: secrets.createKey() })).toBe(false);
  });
});

describe("keys", () => {
  test("are 32 random bytes in base64", () => {
    expect(Buffer.from(key, "base64")).toHaveLength(32);
    expect(secrets.isKey(key)).toBe(true);
    expect(secrets.createKey()).not.toBe(key);
  });

  test.each([
    [16, true],
    [64, true],
    [15, false],
    [65, false],
    [0, false],
  ])("of %i bytes are accepted: %s", (bytes, isKey) => {
    expect(secrets.isKey(Buffer.alloc(bytes, 1).toString("base64"))).toBe(isKey);
  });

  test("are base64 and nothing else", () => {
    expect(secrets.isKey(`${"-".repeat(43)}=`)).toBe(false);
    expect(secrets.isKey(`${key}\n`)).toBe(false);
    expect(secrets.isKey(key.slice(0, -1))).toBe(false);
  });
});

test("identifiers and version texts have the form clients expect and do not repeat", () => {
  expect(secrets.createUuid()).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(secrets.createEtag()).toMatch(/^[A-Za-z0-9+/]{11}=$/);
  expect(new Set(Array.from({ length: 100 }, () => secrets.createEtag())).size).toBe(100);
});
