// What a clone lacks before the server can run. Looks at times and stamps only, because every start asks.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { differsFromLock } from "./lock-file.mjs";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const driverFile = path.join(
  root,
  "node_modules",
  "better-sqlite3",
  "build",
  "Release",
  "better_sqlite3.node",
);
/** The server and the commands of the command line, each package's modules put together in few files. */
export const bundleFile = path.join(root, "packages", "cli", "dist", "bundle", "larimar.js");
/** Written by a build that succeeded; as old as the beginning of that build. */
export const buildStamp = path.join(root, "node_modules", ".larimar", "built");
/** Holds what `driverMark` said when the driver was last loaded. */
export const driverStamp = path.join(root, "node_modules", ".larimar", "driver");

export function isReadyToStart() {
  return !dependenciesAreMissing() && driverIsKnown() && !buildIsStale();
}

export function dependenciesAreMissing() {
  const installed = path.join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return true;
  return differsFromLock(
    readJson("package-lock.json"),
    readJson("node_modules/.package-lock.json"),
  );
}

/** Whether this driver was loaded by this Node before. */
function driverIsKnown() {
  return existsSync(driverStamp) && readFileSync(driverStamp, "utf8") === driverMark();
}

/** Differs after the driver was built again, and for a Node that needs another one. */
export function driverMark() {
  const builtAtMs = statSync(driverFile, { throwIfNoEntry: false })?.mtimeMs;
  return `${process.platform} ${process.arch} ${process.versions.modules} ${builtAtMs}`;
}

export function buildIsStale() {
  if (!existsSync(buildStamp) || !existsSync(bundleFile)) return true;
  const builtAtMs = statSync(buildStamp).mtimeMs;
  const packages = readdirSync(path.join(root, "packages"));
  return (
    isNewer(path.join(root, "tsconfig.base.json"), builtAtMs) ||
    isNewer(path.join(root, "tsconfig.build.json"), builtAtMs) ||
    isNewer(path.join(root, "scripts", "bundle.mjs"), builtAtMs) ||
    packages.some((name) => {
      const folder = path.join(root, "packages", name);
      return (
        !existsSync(path.join(folder, "dist", "build.tsbuildinfo")) ||
        isNewer(path.join(folder, "package.json"), builtAtMs) ||
        isNewer(path.join(folder, "tsconfig.build.json"), builtAtMs) ||
        anyIsNewer(path.join(folder, "src"), builtAtMs)
      );
    })
  );
}

/** Folders count too: their time changes when a file in them is added or removed. */
function anyIsNewer(folder, thanMs) {
  if (isNewer(folder, thanMs)) return true;
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? anyIsNewer(full, thanMs) : isNewer(full, thanMs);
  });
}

function isNewer(file, thanMs) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs > thanMs;
}

export function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), "utf8"));
}
