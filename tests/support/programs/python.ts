import path from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf, prepare, readText, run } from "./prepare.ts";
import { Program } from "./program.ts";

const FOLDER = fileURLToPath(new URL("../../e2e-python", import.meta.url));

// Debian and Ubuntu ship `venv` without the part that installs pip, unless python3-venv is there.
const version = outputOf("python3", ["-c", "import ensurepip, sys, venv; print(sys.version)"]);

/** Says so, once for each suite, when there is none. */
export function hasPython(): boolean {
  if (version === undefined) {
    console.log("skipped: the suites of the Python SDKs need python3 with venv and pip");
  }
  return version !== undefined;
}

/** A program of `tests/e2e-python`, in an environment with the SDKs that its requirements.txt names. */
export async function startPythonProgram(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const requirements = path.join(FOLDER, "requirements.txt");
  const environment = await prepare({
    name: "python",
    inputs: [version ?? "", readText(requirements)],
    announcement: "installing the Python SDKs into tests/.cache, which takes about a minute",
    make: async (folder) => {
      await run("python3", ["-m", "venv", folder]);
      const pip = path.join(folder, "bin", "pip");
      await run(pip, ["install", "--disable-pip-version-check", "--requirement", requirements]);
    },
  });
  const command = path.join(environment, "bin", "python");
  // Bytecode would land among the sources.
  return new Program({
    command,
    args: ["-B", path.join(FOLDER, file)],
    env: { PYTHONUNBUFFERED: "1", ...env },
  });
}
