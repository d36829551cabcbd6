import { isBuiltin } from "node:module";
import path from "node:path";
import { type Workspace, isTestFile } from "./source-files.ts";
import { COMPUTED } from "./imports-of.ts";

/** What each package may import of the others; an absent row allows nothing. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  wire: ["domain"],
  storage: ["domain"],
  heads: ["domain", "wire"], // and heads/mqtt does not import heads/amqp
  server: ["domain", "wire", "storage", "heads"],
  edge: ["domain", "wire", "storage", "heads"],
  cli: ["wire", "server"], // server for commands that need none running
  console: ["wire"],
  testkit: ["domain", "wire", "storage", "heads", "server"],
  // Both look at Larimar from outside, as its users do.
  tests: ["domain", "wire", "server", "testkit"], // domain for fuzzing the query language, server for the type of connection.json
  bench: ["domain", "wire", "heads", "testkit"], // domain and heads for the guard, which looks from inside
};

/** Test files may start a whole server where their package may not. */
const TESTS_MAY_ALSO_IMPORT: Readonly<Record<string, readonly string[]>> = {
  heads: ["testkit"],
  server: ["testkit"],
  edge: ["testkit"],
  cli: ["testkit"],
};

/** Declared once in the root manifest, because every package's tests use them. */
const TEST_TOOLS = ["vitest", "fast-check"];
const PURE = ["domain", "wire"];
const PROTOCOLS = ["mqtt", "amqp", "https", "provisioning"];

export interface Import {
  readonly from: Workspace;
  /** The importing file, inside its workspace. */
  readonly file: string;
  readonly specifier: string;
}

/** Why an import is not allowed, or undefined if it is. */
export function judgeImport(
  { from, file, specifier }: Import,
  workspaces: readonly Workspace[],
): string | undefined {
  if (specifier === COMPUTED) return "computes what it imports";
  if (specifier.startsWith(".")) return judgeRelative(from, file, specifier);
  if (isBuiltin(specifier)) return judgeBuiltin(from, file, specifier);
  const name = packageNameOf(specifier);
  const target = workspaces.find((workspace) => workspace.manifest.name === name);
  if (target) return judgeWorkspace(from, file, specifier, target);
  if (TEST_TOOLS.includes(name) && isTestFile(file)) return undefined;
  if (from.name === "domain") return "domain imports nothing at all";
  return isDeclared(from, file, name) ? undefined : "is not declared in its own package.json";
}

function judgeRelative(from: Workspace, file: string, specifier: string): string | undefined {
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (target.startsWith("..")) return "reaches outside of its package";
  if (from.name !== "heads") return undefined;
  const protocol = protocolOf(target);
  if (protocol === undefined || protocol === protocolOf(file)) return undefined;
  if (protocolOf(file) !== undefined) return "is another protocol";
  return /^src\/index(\.test)?\.ts$/.test(file) ? undefined : "makes shared code know a protocol";
}

function protocolOf(file: string): string | undefined {
  const folder = file.split("/")[1]?.replace(/\.ts$/, "");
  return PROTOCOLS.find((protocol) => protocol === folder);
}

function judgeBuiltin(from: Workspace, file: string, specifier: string): string | undefined {
  if (!specifier.startsWith("node:")) return "is a builtin without its node: prefix";
  return PURE.includes(from.name) && !isTestFile(file) ? `${from.name} does no I/O` : undefined;
}

function judgeWorkspace(
  from: Workspace,
  file: string,
  specifier: string,
  target: Workspace,
): string | undefined {
  if (target.name === from.name) return "is its own package: use a relative path";
  const subpath = `.${specifier.slice(target.manifest.name.length)}`;
  if (!Object.hasOwn(target.manifest.exports ?? {}, subpath)) return "is not exported";
  // Not declared: as a dependency, testkit would make a circle of packages out of one of tests.
  const extras = TESTS_MAY_ALSO_IMPORT[from.name] ?? [];
  if (isTestFile(file) && extras.includes(target.name)) return undefined;
  const row = MAY_IMPORT[from.name] ?? [];
  if (!row.includes(target.name)) return "is not in its row of the import table";
  if (from.name === "cli" && target.name === "server" && !needsNoServer(file)) {
    return "is for commands that need no running server";
  }
  return isDeclared(from, file, target.manifest.name)
    ? undefined
    : "is not declared in its own package.json";
}

/** What works on a data directory or on the options themselves; everything else talks HTTPS. */
function needsNoServer(file: string): boolean {
  return /^src\/commands\/(?:start|reset|config)(?:\/.+)?(?:\.test)?\.ts$/.test(file);
}

/** npm hoists, so the compiler happily accepts a neighbour's dependency. */
function isDeclared(from: Workspace, file: string, name: string): boolean {
  if (Object.hasOwn(from.manifest.dependencies ?? {}, name)) return true;
  const isShipped = existsForUsers(from) && !isTestFile(file);
  return !isShipped && Object.hasOwn(from.manifest.devDependencies ?? {}, name);
}

function existsForUsers(workspace: Workspace): boolean {
  return workspace.name !== "tests" && workspace.name !== "bench";
}

function packageNameOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
