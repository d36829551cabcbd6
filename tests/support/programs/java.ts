import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf, prepare, readText, run } from "./prepare.ts";
import { Program } from "./program.ts";

const OF_IOT = fileURLToPath(new URL("../../e2e-java", import.meta.url));
const OF_EVENTS = fileURLToPath(new URL("../../e2e-java-events", import.meta.url));
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

interface JavaProgram {
  /** Of what is prepared for it. */
  readonly name: string;
  readonly pom: string;
  readonly sources: readonly string[];
  readonly mainClass: string;
}

/** The program of `tests/e2e-java`, with the SDKs that its pom.xml names. */
export function startJavaProgram(env: Readonly<Record<string, string>> = {}): Promise<Program> {
  return start(
    {
      name: "java",
      pom: path.join(OF_IOT, "pom.xml"),
      sources: sourcesOf(OF_IOT),
      mainClass: "larimar.Main",
    },
    env,
  );
}

/** The readers of events of `tests/e2e-java-events`. */
export function startJavaEventsProgram(env: Readonly<Record<string, string>>): Promise<Program> {
  const shared = sourcesOf(OF_IOT).filter((file) => /[\\/](?:Calls|Trust)\.java$/.test(file));
  return start(
    {
      name: "java-events",
      pom: path.join(OF_EVENTS, "pom.xml"),
      sources: [...sourcesOf(OF_EVENTS), ...shared],
      mainClass: "larimar.EventsMain",
    },
    env,
  );
}

function sourcesOf(folder: string): readonly string[] {
  const sources = path.join(folder, "src", "main", "java", "larimar");
  return readdirSync(sources).map((name) => path.join(sources, name));
}

async function start(
  { name, pom, sources, mainClass }: JavaProgram,
  env: Readonly<Record<string, string>>,
): Promise<Program> {
  const libraries = await prepare({
    name: `${name}-libraries`,
    inputs: [readText(pom)],
    announcement: "downloading the Java SDKs into tests/.cache, which takes about a minute",
    make: (folder) => {
      const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${folder}`];
      return run("mvn", ["--batch-mode", "--quiet", "--file", pom, ...copy]);
    },
  });
  const classes = await prepare({
    name: `${name}-classes`,
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
    args: [...speed, "-classpath", classpath, mainClass],
    env,
  });
}
