import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSasToken } from "./sas-token.ts";

const token = (sr: string, rest = "&sig=c2ln&se=1700000000") =>
  parseSasToken(`SharedAccessSignature sr=${sr}${rest}`);

describe("a shared access signature", () => {
  test("keeps the signed texts exactly as they were written", () => {
    const parsed = token("h%2Fdevices%2Fd%253A1");
    expect(parsed).toMatchObject({ rawResource: "h%2Fdevices%2Fd%253A1", rawExpiry: "1700000000" });
  });

  test.each([
    ["Node, Python", "h%2Fdevices%2Fd%3A1"],
    ["C", "h/devices/d:1"],
    ["C over HTTP", "h/devices/d%3a1"],
    ["C#, doubly encoded", "h%2Fdevices%2Fd%253A1"],
    ["with scheme and port", "amqps://H:5671/devices/d%3A1/"],
    ["with an encoded scheme", "sb%3a%2f%2fh%2fdevices%2fd:1"],
  ])("finds the device in the spelling of %s", (_, sr) => {
    expect(token(sr)?.resourceReadings).toContainEqual(["h", "devices", "d:1"]);
  });

  test("takes its fields in any order and an empty skn as none", () => {
    const parsed = parseSasToken("SharedAccessSignature sig=a%2Bb&se=5&skn=&sr=h");
    expect(parsed).toMatchObject({ signature: "a+b", expiresAtMs: 5000, policyName: undefined });
  });

  test("keeps a plus sign in a signature that was not encoded", () => {
    expect(token("h", "&sig=a+b=&se=5")?.signature).toBe("a+b=");
  });

  test.each([
    "",
    "SharedAccessSignature",
    "Bearer sr=h&sig=x&se=1",
    "SharedAccessSignature sr=h&sig=x",
    "SharedAccessSignature sr=h&sig=x&se=soon",
    "SharedAccessSignature sr=h&sig=x&se=-1",
    "SharedAccessSignature sr=h&sr=i&sig=x&se=1",
    "SharedAccessSignature sr=h&sig=x&se=1 extra",
  ])("is refused when it reads %j", (text) => {
    expect(parseSasToken(text)).toBeUndefined();
  });

  test("never throws, whatever it reads", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseSasToken(`SharedAccessSignature ${text}`);
        parseSasToken(`SharedAccessSignature sr=${text}&sig=${text}&se=1`);
      }),
    );
  });
});
