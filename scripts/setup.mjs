// Brings a clone to where `npm start` and `npm test` can run, and says what it does.
// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findHeaders } from "./node-headers.mjs";
import { differsFromLock } from "./lock-file.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const driver = path.join(
  root,
  "node_modules",
  "better-sqlite3",
  "build",
  "Release",
  "better_sqlite3.node",
);
const buildStamp = path.join(root, "node_modules", ".larimar", "built");

requireNodeVersion();
if (dependenciesAreMissing()) installDependencies();
if (!driverLoads()) rebuildDriver();
if (buildIsStale()) build();

function requireNodeVersion() {
  const manifest = readJson("package.json");
  const [wantedMajor, wantedMinor] = manifest.engines.node.match(/\d+/g).map(Number);
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  stop(`Larimar needs Node ${manifest.engines.node}, this is ${process.versions.node}.`);
}

function dependenciesAreMissing() {
  const installed = path.join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return true;
  return differsFromLock(
    readJson("package-lock.json"),
    readJson("node_modules/.package-lock.json"),
  );
}

function installDependencies() {
  // `npm ci` starts by deleting node_modules, so it is only for a clone that has none.
  const isFirst = !existsSync(path.join(root, "node_modules"));
  say(
    isFirst
      ? "installing dependencies; the SQLite driver may be compiled, which takes a minute or two"
      : "dependencies differ from package-lock.json, installing what changed",
  );
  const ok = npm([...(isFirst ? ["ci"] : ["install", "--no-save"]), "--include=dev"]);
  if (!ok) stop(`Installing the dependencies failed, see above.${missingTools()}`);
}

function driverLoads() {
  try {
    createRequire(import.meta.url)(driver);
    return true;
  } catch {
    return false; // never built, or built for another Node
  }
}

function rebuildDriver() {
  say(
    `building the SQLite driver for Node ${process.versions.node}, which can take a minute or two`,
  );
  const ok = npm(["rebuild", "better-sqlite3"]);
  // A new process, because one that failed to load a library cannot load its successor.
  if (!ok || !run(process.execPath, ["--eval", `require(${JSON.stringify(driver)})`])) {
    stop(`The SQLite driver could not be built, see above.${missingTools()}`);
  }
}

function buildIsStale() {
  if (!existsSync(buildStamp)) return true;
  const builtAtMs = statSync(buildStamp).mtimeMs;
  const packages = readdirSync(path.join(root, "packages"));
  return (
    isNewer(path.join(root, "tsconfig.base.json"), builtAtMs) ||
    isNewer(path.join(root, "tsconfig.build.json"), builtAtMs) ||
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

function build() {
  say("building");
  // A file saved while the compiler runs must count as newer than this build.
  const startedAt = new Date();
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const ok = run(process.execPath, [tsc, "--build", path.join(root, "tsconfig.build.json")]);
  if (!ok) stop("The build failed, see above.");
  mkdirSync(path.dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, "");
  utimesSync(buildStamp, startedAt, startedAt);
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

function npm(args) {
  // node-gyp would otherwise download the headers, or take those of a Node that somebody's npm
  // configuration names. The first variable is for npm 10, the second wins in later versions.
  const headers = findHeaders();
  const env = {
    JOBS: "max", // for make
    ...process.env,
    ...(headers && { npm_config_nodedir: headers, npm_package_config_node_gyp_nodedir: headers }),
    // Scripts of packages find the Node that runs this file, whatever else is installed.
    PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
  };
  const npmCli = process.env.npm_execpath;
  const isNpm = npmCli !== undefined && path.basename(npmCli) === "npm-cli.js";
  return isNpm ? run(process.execPath, [npmCli, ...args], env) : run("npm", args, env);
}

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: "inherit" });
  if (error) say(`cannot run ${command}: ${error.message}`);
  return status === 0;
}

function missingTools() {
  const missing = ["python3", "make", "g++"].filter(
    (tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).error !== undefined,
  );
  return missing.length === 0 ? "" : ` Missing on this machine: ${missing.join(", ")}.`;
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), "utf8"));
}

function say(text) {
  console.log(`setup: ${text}`);
}

function stop(text) {
  console.error(text);
  process.exit(1);
}
