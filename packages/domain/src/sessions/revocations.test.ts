import { expect, test } from "vitest";
import { Revocations } from "./revocations.ts";

const device = { deviceId: "d1" };
const module = { deviceId: "d1", moduleId: "m1" };

test("a device's end is that of its modules, its new credentials are its own", () => {
  const revocations = new Revocations();
  const before = revocations.revision;
  revocations.note(device, "credentialsChanged", { coversModules: false });
  expect(revocations.reasonAgainst(device, before)).toBe("credentialsChanged");
  expect(revocations.reasonAgainst(module, before)).toBeUndefined();
  revocations.note(device, "identityDisabled", { coversModules: true });
  expect(revocations.reasonAgainst(module, before)).toBe("identityDisabled");
  expect(revocations.reasonAgainst(module, revocations.revision)).toBeUndefined();
});

test("what was forgotten counts against every proof that is older", () => {
  const revocations = new Revocations();
  const before = revocations.revision;
  for (let n = 0; n <= 10_000; n++) {
    revocations.note({ deviceId: `d${n}` }, "identityDeleted", { coversModules: true });
  }
  expect(revocations.reasonAgainst({ deviceId: "another" }, before)).toBe("shutdown");
  expect(revocations.reasonAgainst({ deviceId: "another" }, revocations.revision)).toBeUndefined();
});
