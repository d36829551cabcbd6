import { describe, expect, test } from "vitest";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import {
  registrationToken,
  testProvisioningCrypto,
} from "../fixtures/test-provisioning.fixture.ts";
import { isTokenUsable, matchDerivedKeys, spellingsIn } from "./registration-token.ts";

const nowMs = Date.UTC(2030, 0, 1);
const parts = { secrets: testSecrets, crypto: testProvisioningCrypto };
const group = { primaryKey: testSecrets.createKey(), secondaryKey: testSecrets.createKey() };

function token(registrationId: string, key: string) {
  return registrationToken({
    idScope: "0ne0001",
    registrationId,
    key,
    expiresAtMs: nowMs + 60_000,
  });
}

describe("a registration token", () => {
  test("names its registration whatever the case of scope and id", () => {
    const scope = { idScope: "0NE0001", registrationId: "Dev-1" };
    expect(isTokenUsable(token("dEV-1", group.primaryKey), scope, nowMs)).toBe(true);
  });

  test.each([
    ["another id", [["0ne0001", "registrations", "dev-2"]]],
    ["another scope", [["0ne0002", "registrations", "dev-1"]]],
    ["something else", [["0ne0001", "devices", "dev-1"]]],
    ["something inside", [["0ne0001", "registrations", "dev-1", "more"]]],
    ["the whole scope", [["0ne0001"]]],
  ])("for %s is not usable", (_, resourceReadings) => {
    const scope = { idScope: "0ne0001", registrationId: "dev-1" };
    const other = { ...token("dev-1", group.primaryKey), resourceReadings };
    expect(spellingsIn(other, scope)).toEqual([]);
    expect(isTokenUsable(other, scope, nowMs)).toBe(false);
  });

  test("that has expired is usable for as long as clocks may differ", () => {
    const scope = { idScope: "0ne0001", registrationId: "dev-1" };
    const old = token("dev-1", group.primaryKey);
    expect(isTokenUsable(old, scope, nowMs + 60_000 + 299_000)).toBe(true);
    expect(isTokenUsable(old, scope, nowMs + 60_000 + 300_000)).toBe(false);
  });
});

describe("the keys of a group's member", () => {
  // The vector of the public documentation.
  test("are derived as clients derive them", () => {
    const derived = testProvisioningCrypto.deriveKey(
      "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==",
      "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6",
    );
    expect(derived).toBe("Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=");
  });

  test.each(["primaryKey", "secondaryKey"] as const)("are known by the group's %s", (which) => {
    const key = testProvisioningCrypto.deriveKey(group[which], "dev-1");
    const scope = { idScope: "0ne0001", registrationId: "dev-1" };
    expect(matchDerivedKeys(token("dev-1", key), scope, group, parts)?.[which]).toBe(key);
  });

  test.each([
    ["as the device writes it", "Dev-1", "Dev-1", "Dev-1"],
    ["as its token spells it", "dev-1", "DEV-1", "DEV-1"],
    ["in lower case", "Dev-1", "Dev-1", "dev-1"],
  ])("may be derived from the id %s", (_, registrationId, inToken, derivedFrom) => {
    const key = testProvisioningCrypto.deriveKey(group.primaryKey, derivedFrom);
    const scope = { idScope: "0ne0001", registrationId };
    expect(matchDerivedKeys(token(inToken, key), scope, group, parts)?.primaryKey).toBe(key);
  });

  test("are not those of another member, nor the group's own", () => {
    const scope = { idScope: "0ne0001", registrationId: "dev-1" };
    const other = testProvisioningCrypto.deriveKey(group.primaryKey, "dev-2");
    expect(matchDerivedKeys(token("dev-1", other), scope, group, parts)).toBeUndefined();
    expect(matchDerivedKeys(token("dev-1", group.primaryKey), scope, group, parts)).toBeUndefined();
  });
});
