import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Git-ignored, and safe to delete: the next run makes it again. */
const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));

/** Downloads and compilers are slow at times; a set-up that hangs is found all the same. */
export const PREPARE_MS_MAX = 15 * 60_000;

const TURN_CHECK_MS = 250;

export interface Preparation {
  readonly name: string;
  /** What the result depends on; another result is made when any of it changes. */
  readonly inputs: readonly string[];
  /** Said before the work begins. */
  readonly announcement: string;
  readonly make: (folder: string) => Promise<void>;
}

/** The folder with the result, made now unless an earlier run has made it. */
export async function prepare({ name, inputs, announcement, make }: Preparation): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
  const folder = path.join(CACHE, `${name}-${hash}`);
  const stamp = path.join(folder, ".ready");
  if (existsSync(stamp)) return folder;
  using _turn = await takeTurn(name);
  // Whoever had the turn before may have made it.
  if (existsSync(stamp)) return folder;
  console.log(`setup: ${announcement}`);
  // What an interrupted run or an older version of the inputs left behind.
  for (const entry of existsSync(CACHE) ? readdirSync(CACHE) : []) {
    if (entry.startsWith(`${name}-`)) rmSync(path.join(CACHE, entry), { recursive: true });
  }
  mkdirSync(folder, { recursive: true });
  await make(folder);
  writeFileSync(stamp, "");
  return folder;
}

/** Files run at once, and some need the same: one of them makes it, the others wait. */
async function takeTurn(name: string): Promise<Disposable> {
  mkdirSync(CACHE, { recursive: true });
  const file = path.join(CACHE, `${name}.lock`);
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (!isRunning(ownerOf(file))) rmSync(file, { force: true });
    await new Promise((resolve) => setTimeout(resolve, TURN_CHECK_MS));
  }
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** An empty file is one whose owner is about to write its number. */
function isRunning(pid: number | undefined): boolean {
  if (pid === undefined || pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Rejects with everything the command said when it failed. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(" ")} failed: ${output}`));
    });
  });
}

/** What a command prints, or undefined where there is no such command or it fails. */
export function outputOf(command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? `${stdout}${stderr}` : undefined;
}

export function readText(file: string): string {
  return readFileSync(file, "utf8");
}
