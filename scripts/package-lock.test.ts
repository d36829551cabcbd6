import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Entry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const root = new URL("../", import.meta.url);
const { packages } = readJson("package-lock.json") as { packages: Record<string, Entry> };
const workspaces = Object.keys(packages).filter((location) => !location.includes("node_modules/"));

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, root), "utf8"));
}

test("package-lock.json names no download hosts", () => {
  const named = Object.entries(packages)
    .filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)
    .map(([location]) => location);
  expect(named).toEqual([]);
});

test.each(workspaces)("package-lock.json is in step with %j/package.json", (location) => {
  const { dependencies, devDependencies } = readJson(`./${location}/package.json`) as Entry;
  const { dependencies: locked, devDependencies: devLocked } = packages[location]!;
  expect({ locked, devLocked }).toEqual({ locked: dependencies, devLocked: devDependencies });
});

test.each(workspaces)("versions in %j/package.json are exact", (location) => {
  const { dependencies, devDependencies } = packages[location]!;
  const versions = Object.entries({ ...dependencies, ...devDependencies });
  const loose = versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  expect(loose).toEqual([]);
});
