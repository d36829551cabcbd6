import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Workspace {
  /** The name without the scope, which is also the name of its folder. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export function readWorkspaces(): readonly Workspace[] {
  const packages = readdirSync(path.join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(root, "packages", entry.name));
  return [...packages, path.join(root, "tests"), path.join(root, "bench")]
    .filter((folder) => existsSync(path.join(folder, "package.json")))
    .map((folder) => ({
      name: path.basename(folder),
      folder,
      manifest: readJson(path.join(folder, "package.json")) as Manifest,
    }));
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Paths inside the workspace, as in "src/index.ts". */
export function sourceFilesOf(workspace: Workspace): readonly string[] {
  return readdirSync(workspace.folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file))
    .filter((file) => !/(^|\/)(dist|node_modules)\//.test(file));
}

/** Tests, the suites they share and the data they need: never part of what is shipped. */
export function isTestFile(file: string): boolean {
  return /\.(test|contract|fixture)\.m?[jt]s$/.test(file);
}
