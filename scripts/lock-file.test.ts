import { expect, test } from "vitest";
import { differsFromLock } from "./lock-file.mjs";

const sqlite = { version: "12.0.0", integrity: "sha512-a" };

function lockOf(packages: Record<string, object>): { packages: Record<string, object> } {
  return { packages: { "": { name: "larimar" }, "packages/domain": {}, ...packages } };
}

test("is in step when everything the lock file asks for is installed", () => {
  const lock = lockOf({ "node_modules/sqlite": sqlite });
  expect(differsFromLock(lock, { packages: { "node_modules/sqlite": sqlite } })).toBe(false);
});

test.each([
  ["is missing", {}],
  ["has another version", { "node_modules/sqlite": { ...sqlite, version: "12.0.1" } }],
  ["has other content", { "node_modules/sqlite": { ...sqlite, integrity: "sha512-b" } }],
])("is out of step when a package %s", (_, packages) => {
  expect(differsFromLock(lockOf({ "node_modules/sqlite": sqlite }), { packages })).toBe(true);
});

test("does not miss optional packages, which are for other platforms", () => {
  const lock = lockOf({ "node_modules/win32": { ...sqlite, optional: true } });
  expect(differsFromLock(lock, { packages: {} })).toBe(false);
});

test("notices a package nested in a workspace", () => {
  const lock = lockOf({ "tests/node_modules/sqlite": sqlite });
  expect(differsFromLock(lock, { packages: {} })).toBe(true);
});

test("does not mind what is installed beyond the lock file", () => {
  const installed = { packages: { "node_modules/old": sqlite } };
  expect(differsFromLock(lockOf({}), installed)).toBe(false);
});
