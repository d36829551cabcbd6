import { describe, expect, test } from "vitest";
import { parsePlainResponse, parseSaslUser } from "./sasl-user.ts";

describe("a SASL user name", () => {
  test.each([
    ["service@sas.root.local", { kind: "policy", policyName: "service", hubName: "local" }],
    ["d1@sas.local", { kind: "identity", identity: { deviceId: "d1" }, hubName: "local" }],
    ["d@1@sas.local", { kind: "identity", identity: { deviceId: "d@1" }, hubName: "local" }],
    [
      "d1/m1@sas.hub.example",
      { kind: "identity", identity: { deviceId: "d1", moduleId: "m1" }, hubName: "hub.example" },
    ],
    [
      "d1/modules/m1@SAS.local",
      { kind: "identity", identity: { deviceId: "d1", moduleId: "m1" }, hubName: "local" },
    ],
  ])("%s names who is there", (userName, user) => {
    expect(parseSaslUser(userName)).toEqual(user);
  });

  test.each(["", "service", "@sas.local", "d1@local", "d1@sas.", "a/b/c@sas.local", "a//b@sas.h"])(
    "%j names nobody",
    (userName) => {
      expect(parseSaslUser(userName)).toBeUndefined();
    },
  );
});

describe("a PLAIN response", () => {
  test("holds a user name and a password, with or without an identity to act as", () => {
    const credentials = { userName: "u", password: "p" };
    expect(parsePlainResponse("\0u\0p")).toEqual(credentials);
    expect(parsePlainResponse("z\0u\0p")).toEqual(credentials);
  });

  test.each(["", "u", "u\0p", "\0\0p", "\0u\0p\0x"])("%j is none", (response) => {
    expect(parsePlainResponse(response)).toBeUndefined();
  });
});
