import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf, prepare, readText, run } from "./prepare.ts";
import { Program } from "./program.ts";

const FOLDER = fileURLToPath(new URL("../../e2e-java", import.meta.url));
const SOURCES = path.join(FOLDER, "src", "main", "java", "larimar");
const RELEASE_MIN = 11;

const compiler = outputOf("javac", ["-version"]);
const release = Number(/\d+/.exec(compiler ?? "")?.[0] ?? 0);
const isThere = release >= RELEASE_MIN && outputOf("mvn", ["--version"]) !== undefined;

/** Says so, once for each suite, when there is none. */
export function hasJava(): boolean {
  if (!isThere) {
    console.log(
      `skipped: the suites of the Java SDKs need a JDK, ${RELEASE_MIN} or later, and Maven`,
    );
  }
  return isThere;
}

/** The program of `tests/e2e-java`, with the SDKs that its pom.xml names. */
export async function startJavaProgram(
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const pom = path.join(FOLDER, "pom.xml");
  const libraries = await prepare({
    name: "java-libraries",
    inputs: [readText(pom)],
    announcement: "downloading the Java SDKs into tests/.cache, which takes about a minute",
    make: (folder) => {
      const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${folder}`];
      return run("mvn", ["--batch-mode", "--quiet", "--file", pom, ...copy]);
    },
  });
  const sources = readdirSync(SOURCES).map((name) => path.join(SOURCES, name));
  const classes = await prepare({
    name: "java-classes",
    inputs: [compiler ?? "", libraries, ...sources.map(readText)],
    announcement: "compiling the programs of the Java suites",
    make: (folder) => {
      const options = ["--release", String(RELEASE_MIN), "-encoding", "UTF-8", "-d", folder];
      return run("javac", [...options, "-classpath", path.join(libraries, "*"), ...sources]);
    },
  });
  const classpath = [classes, path.join(libraries, "*")].join(path.delimiter);
  // It lives for a minute: starting quickly is worth more than the best code.
  const speed = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];
  return new Program({
    command: "java",
    args: [...speed, "-classpath", classpath, "larimar.Main"],
    env,
  });
}
