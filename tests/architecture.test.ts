import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf } from "./architecture/imports-of.ts";
import { MAY_IMPORT, judgeImport } from "./architecture/judge-import.ts";
import {
  type Workspace,
  readJson,
  readWorkspaces,
  root,
  sourceFilesOf,
} from "./architecture/source-files.ts";

const workspaces = readWorkspaces();

describe("the import table", () => {
  test("has a row for every package", () => {
    expect(Object.keys(MAY_IMPORT)).toEqual(
      expect.arrayContaining(workspaces.map((workspace) => workspace.name)),
    );
  });

  test.each(workspaces)("is kept by $name", (workspace) => {
    const files = sourceFilesOf(workspace);
    expect(files).not.toEqual([]);
    const violations = files.flatMap((file) =>
      importsOf(readFileSync(path.join(workspace.folder, file), "utf8")).flatMap((specifier) => {
        const reason = judgeImport({ from: workspace, file, specifier }, workspaces);
        return reason === undefined ? [] : [`${file}: "${specifier}" ${reason}`];
      }),
    );
    expect(violations).toEqual([]);
  });

  test.each(workspaces)("is what the manifest of $name says", ({ name, manifest }) => {
    expect(MAY_IMPORT[name]).toEqual(expect.arrayContaining(siblingsIn(manifest)));
  });

  test.each(workspaces.filter(isBuilt))(
    "is what the project references of $name say",
    ({ folder, manifest }) => {
      const project = readJson(path.join(folder, "tsconfig.build.json")) as {
        references: { path: string }[];
      };
      const references = project.references.map(({ path: to }) => path.basename(path.dirname(to)));
      expect(references.toSorted()).toEqual(siblingsIn(manifest).toSorted());
    },
  );

  test("leaves domain without any dependency", () => {
    const manifest = workspaces.find(({ name }) => name === "domain")?.manifest;
    expect(manifest).toBeDefined();
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("devDependencies");
  });
});

describe("the judge of imports", () => {
  test.each([
    ["domain", "src/twins/twin.ts", "@larimar/wire", "is not in its row of the import table"],
    ["domain", "src/twins/twin.ts", "node:crypto", "domain does no I/O"],
    ["domain", "src/twins/twin.ts", "zod", "domain imports nothing at all"],
    ["wire", "src/topics.ts", "node:buffer", "wire does no I/O"],
    ["storage", "src/index.ts", "@larimar/heads", "is not in its row of the import table"],
    ["heads", "src/mqtt/publish.ts", "../amqp/link.ts", "is another protocol"],
    ["heads", "src/https/routes/twins.ts", "../../mqtt/index.ts", "is another protocol"],
    ["heads", "src/mqtt/publish.test.ts", "../amqp/link.ts", "is another protocol"],
    ["heads", "src/log.ts", "./amqp/index.ts", "makes shared code know a protocol"],
    [
      "heads",
      "src/mqtt/publish.ts",
      "@larimar/heads/amqp",
      "is its own package: use a relative path",
    ],
    ["heads", "src/mqtt/publish.ts", "@larimar/testkit", "is not in its row of the import table"],
    [
      "domain",
      "src/twins/twin.test.ts",
      "@larimar/testkit",
      "is not in its row of the import table",
    ],
    ["heads", "src/mqtt/publish.ts", "@larimar/wire/src/topics.ts", "is not exported"],
    ["heads", "src/mqtt/publish.ts", "vitest", "is not declared in its own package.json"],
    ["server", "src/start-hub.ts", "better-sqlite3", "is not declared in its own package.json"],
    ["server", "src/start-hub.ts", "../../storage/src/index.ts", "reaches outside of its package"],
    ["server", "src/start-hub.ts", "fs", "is a builtin without its node: prefix"],
    [
      "cli",
      "src/commands/twin/show.ts",
      "@larimar/server",
      "is for commands that need no running server",
    ],
    ["tests", "crash.test.ts", "@larimar/storage", "is not in its row of the import table"],
    ["unheard-of", "src/index.ts", "@larimar/domain", "is not in its row of the import table"],
    ["server", "src/start-hub.ts", "(computed)", "computes what it imports"],
  ])("refuses %s/%s → %s: it %s", (name, file, specifier, reason) => {
    expect(judgeImport({ from: workspaceNamed(name), file, specifier }, workspaces)).toBe(reason);
  });

  test.each([
    ["wire", "src/topics.ts", "@larimar/domain"],
    ["wire", "src/topics.test.ts", "node:crypto"],
    ["domain", "src/twins/twin.test.ts", "fast-check"],
    ["storage", "src/sqlite/open.ts", "better-sqlite3"],
    ["storage", "src/sqlite/open.ts", "node:fs"],
    ["heads", "src/index.ts", "./mqtt/index.ts"],
    ["heads", "src/mqtt/publish.ts", "../log.ts"],
    ["server", "src/start-hub.ts", "@larimar/heads/mqtt"],
    ["cli", "src/commands/start.ts", "@larimar/server"],
    ["cli", "src/commands/config/print.ts", "@larimar/server"],
    ["heads", "src/mqtt/publish.test.ts", "@larimar/testkit"],
    ["tests", "crash.test.ts", "@larimar/testkit"],
  ])("lets %s/%s import %s", (name, file, specifier) => {
    const verdict = judgeImport({ from: workspaceNamed(name), file, specifier }, workspaces);
    expect(verdict).toBeUndefined();
  });
});

// Kept in a file of its own, or this test would find them in its own source.
const forms = readJson(path.join(root, "tests", "architecture", "import-forms.json")) as {
  seen: string[];
  computed: string[];
  ignored: string[];
};

describe("the reader of imports", () => {
  test.each(forms.seen)("sees %j", (source) => {
    expect(importsOf(source)).toEqual(["x"]);
  });

  test.each(forms.computed)("notices that %j computes its target", (source) => {
    expect(importsOf(source)).toEqual(["(computed)"]);
  });

  test.each(forms.ignored)("is not misled by %j", (source) => {
    expect(importsOf(source)).toEqual([]);
  });
});

function workspaceNamed(name: string): Workspace {
  const found = workspaces.find((workspace) => workspace.name === name);
  return found ?? { name, folder: name, manifest: { name: `@larimar/${name}` } };
}

function siblingsIn(manifest: Workspace["manifest"]): string[] {
  const declared = { ...manifest.dependencies, ...manifest.devDependencies };
  return Object.keys(declared)
    .filter((name) => name.startsWith("@larimar/"))
    .map((name) => name.slice("@larimar/".length));
}

function isBuilt(workspace: Workspace): boolean {
  return existsSync(path.join(workspace.folder, "tsconfig.build.json"));
}

test("end-to-end files that run at once have loopback addresses of their own", () => {
  const folder = path.join(root, "tests");
  const owners = new Map<string, string[]>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".test.ts") || file.includes("node_modules")) continue;
    const text = readFileSync(path.join(folder, file), "utf8");
    for (const address of new Set(text.match(/\b127\.0\.0\.(?!1\b)\d+\b/g))) {
      owners.set(address, [...(owners.get(address) ?? []), file]);
    }
  }
  expect(owners.size).toBeGreaterThan(10);
  expect([...owners].filter(([, files]) => files.length > 1)).toEqual([]);
});
