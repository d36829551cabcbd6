import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  parseTpmSaslInit,
  readTpmSaslToken,
  TpmSaslAssembler,
  tpmSaslChallenges,
} from "./tpm-sasl.ts";

const text = (value: string) => new TextEncoder().encode(value);
const bytes = (...values: number[]) => Uint8Array.from(values);

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("the TPM mechanism", () => {
  test("begins with scope, registration and endorsement key", () => {
    const endorsementKey = bytes(0, 1, 0, 255);
    const init = join(bytes(0), text("0ne0001"), bytes(0), text("dev-1"), bytes(0), endorsementKey);
    const message = new TpmSaslAssembler().take(init);
    expect(message).toBeInstanceOf(Uint8Array);
    expect(parseTpmSaslInit(message as Uint8Array)).toEqual({
      idScope: "0ne0001",
      registrationId: "dev-1",
      endorsementKey,
    });
  });

  test.each([
    ["nothing", bytes()],
    ["a scope alone", text("0ne0001")],
    ["no endorsement key", join(text("0ne0001"), bytes(0), text("dev-1"), bytes(0))],
    ["no scope", join(bytes(0), text("dev-1"), bytes(0), bytes(1))],
    ["no registration", join(text("0ne0001"), bytes(0), bytes(0), bytes(1))],
    ["text that is none", join(bytes(0xff), bytes(0), text("dev-1"), bytes(0), bytes(1))],
  ])("does not begin with %s", (_, message) => {
    expect(parseTpmSaslInit(message)).toBeUndefined();
  });

  test("puts segments together in the order of their numbers", () => {
    const assembler = new TpmSaslAssembler();
    expect(assembler.take(bytes(0x80, 1, 2))).toBe("more");
    expect(assembler.take(bytes(0x81, 3))).toBe("more");
    expect(assembler.take(bytes(0xc2, 4))).toEqual(bytes(1, 2, 3, 4));
    expect(assembler.take(bytes(0, 5))).toEqual(bytes(5));
  });

  test.each([
    ["that are empty", [bytes()]],
    ["whose numbers skip", [bytes(0x81, 1)]],
    ["that end in another form", [bytes(0x80, 1), bytes(0, 2)]],
    ["of an unknown kind", [bytes(0x20, 1)]],
    ["that are too long together", [join(bytes(0), new Uint8Array(9000))]],
  ])("refuses messages %s", (_, messages) => {
    const assembler = new TpmSaslAssembler();
    expect(messages.map((message) => assembler.take(message)).at(-1)).toBeUndefined();
  });

  test("challenges with two segments, which together are the blob", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 2000 }), (blob) => {
        const challenges = tpmSaslChallenges(blob);
        expect(challenges.map(([control]) => control)).toEqual([0x80, 0xc1]);
        const assembler = new TpmSaslAssembler();
        expect(challenges.map((part) => assembler.take(part))).toEqual(["more", blob]);
      }),
    );
  });

  test("ends with a token", () => {
    expect(readTpmSaslToken(text("SharedAccessSignature sr=a"))).toBe("SharedAccessSignature sr=a");
    expect(readTpmSaslToken(bytes(0xff))).toBeUndefined();
  });
});
