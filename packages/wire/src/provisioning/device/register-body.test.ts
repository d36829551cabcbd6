import { describe, expect, test } from "vitest";
import { readRegisterBody } from "./register-body.ts";

describe("the body of a registration", () => {
  test.each([
    ["C# over MQTT without payload", "", undefined],
    ["Node's polling", " ", undefined],
    ["Node", '{"registrationId":"dev-1"}', undefined],
    ["Python", '{"payload":null,"registrationId":"dev-1"}', undefined],
    ["Java", '{"registrationId":"DEV-1","payload":"{\\"a\\":1}"}', '{"a":1}'],
    ["C#", '{"payload":{"a":[1]}}', { a: [1] }],
  ])("is read as %s writes it", (_, text, payload) => {
    expect(readRegisterBody(text, "dev-1")).toEqual({
      kind: "read",
      value: { payload, tpm: undefined },
    });
  });

  test("has the keys of a TPM when both are there", () => {
    const tpm = { endorsementKey: "ZWs=", storageRootKey: "c3Jr" };
    expect(readRegisterBody(JSON.stringify({ tpm }), "dev-1")).toMatchObject({ value: { tpm } });
    const half = JSON.stringify({ tpm: { endorsementKey: "ZWs=" } });
    expect(readRegisterBody(half, "dev-1")).toMatchObject({ value: { tpm: undefined } });
  });

  test.each(["{", "[]", "7", '{"registrationId":"dev-2"}', '{"registrationId":7}', '{"tpm":"x"}'])(
    "is refused when it is %s",
    (text) => {
      expect(readRegisterBody(text, "dev-1").kind).toBe("invalid");
    },
  );
});
