import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Reporter, SerializedError, TestModule, Vitest } from "vitest/node";
import { readGrids, writeGrids } from "./grid-text.ts";
import { type CellResult, judgeCells } from "./judge-cells.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENT = path.join(ROOT, "docs/compatibility.md");

/**
 * Compares the cells that passed tests produced with the grid in docs/compatibility.md, and fails the run when
 * they differ. With LARIMAR_GRID=write in the environment (`npm run grid`) it writes the document instead.
 */
export class GridReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const results = modules.flatMap(resultsOf);
    // A file that failed may have claimed cells that nobody heard of.
    const isGreen = errors.length === 0 && modules.every((module) => module.ok());
    const isWhole = isGreen && this.#isWhole(modules);
    if (results.length === 0 && !isWhole) return;
    const document = readFileSync(DOCUMENT, "utf8");
    const { cells, missing, unproven } = judgeCells(readGrids(document), { results, isWhole });
    const text = writeGrids(document, cells);
    if (text === document) return;
    if (process.env["LARIMAR_GRID"] === "write") {
      writeFileSync(DOCUMENT, text);
      console.log("docs/compatibility.md: the grid was written anew");
      return;
    }
    for (const key of missing) console.error(`grid: a test shows, and the grid lacks: ${key}`);
    for (const key of unproven) console.error(`grid: no passed test shows: ${key}`);
    console.error("docs/compatibility.md is not what this run shows; `npm run grid` writes it");
    process.exitCode = 1;
  }

  #isWhole(modules: readonly TestModule[]): boolean {
    if (this.#vitest?.config.testNamePattern !== undefined) return false;
    const ran = new Set(modules.map((module) => path.resolve(module.moduleId)));
    return endToEndFiles().every((file) => ran.has(file));
  }
}

function resultsOf(module: TestModule): CellResult[] {
  return [...module.children.allTests()].flatMap((test) =>
    (test.meta().cells ?? []).map((cell) => ({ cell, state: test.result().state })),
  );
}

function endToEndFiles(): string[] {
  const folder = path.join(ROOT, "tests");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
    .filter((file) => file !== "architecture.test.ts")
    .map((file) => path.join(folder, file));
}
