import { describe, expect, test } from "vitest";
import { buildSasToken } from "./build-sas-token.ts";
import { parseSasToken } from "./sas-token.ts";

describe("a built token", () => {
  test("reads back as what it was made of", () => {
    const signed: string[] = [];
    const token = buildSasToken({
      resource: "hub.example/devices/a b",
      expiresAtMs: 1_700_000_000_999,
      policyName: "a+b",
      sign: (text) => {
        signed.push(text);
        return "c2ln+/==";
      },
    });
    const parsed = parseSasToken(token);
    expect(parsed).toMatchObject({
      signature: "c2ln+/==",
      policyName: "a+b",
      expiresAtMs: 1_700_000_000_000,
    });
    expect(parsed?.resourceReadings).toContainEqual(["hub.example", "devices", "a b"]);
    expect(signed).toEqual([`${parsed?.rawResource}\n${parsed?.rawExpiry}`]);
  });

  test("of a device names no policy", () => {
    const token = buildSasToken({ resource: "h/devices/d", expiresAtMs: 1000, sign: () => "cw==" });
    expect(parseSasToken(token)?.policyName).toBeUndefined();
    expect(token).not.toContain("skn");
  });
});
