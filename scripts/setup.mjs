// Brings a clone to where `npm start` and `npm test` can run, and says what it does.
// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { findHeaders } from "./node-headers.mjs";
import {
  buildIsStale,
  buildStamp,
  dependenciesAreMissing,
  driverFile as driver,
  driverMark,
  driverStamp,
  readJson,
  root,
} from "./setup-state.mjs";

requireNodeVersion();
if (dependenciesAreMissing()) installDependencies();
if (!driverLoads()) rebuildDriver();
rememberDriver();
if (buildIsStale()) build();

function requireNodeVersion() {
  const manifest = readJson("package.json");
  const [wantedMajor, wantedMinor] = manifest.engines.node.match(/\d+/g).map(Number);
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  stop(`Larimar needs Node ${manifest.engines.node}, this is ${process.versions.node}.`);
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

function rememberDriver() {
  mkdirSync(path.dirname(driverStamp), { recursive: true });
  writeFileSync(driverStamp, driverMark());
}

function build() {
  say("building");
  // A file saved while the compiler runs must count as newer than this build.
  const startedAt = new Date();
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const ok =
    run(process.execPath, [tsc, "--build", path.join(root, "tsconfig.build.json")]) &&
    run(process.execPath, [path.join(root, "scripts", "bundle.mjs")]);
  if (!ok) stop("The build failed, see above.");
  mkdirSync(path.dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, "");
  utimesSync(buildStamp, startedAt, startedAt);
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

function say(text) {
  console.log(`setup: ${text}`);
}

function stop(text) {
  console.error(text);
  process.exit(1);
}
