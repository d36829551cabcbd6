import type { AnyCell } from "../../tests/grid/cell.ts";
import { featuresOf } from "../../tests/grid/features.ts";
import { sdkFacts } from "../../tests/grid/sdks.ts";

/** A cell as a text to compare; without transport and feature, what the cells of an SDK begin with. */
export function cellKey(
  cell: { readonly sdk: string } | { readonly [Name in keyof AnyCell]: string },
): string {
  return "feature" in cell ? `${cell.sdk} · ${cell.transport} · ${cell.feature}` : `${cell.sdk} · `;
}

export interface CellResult {
  readonly cell: AnyCell;
  readonly state: "passed" | "failed" | "skipped" | "pending";
}

export interface GridRun {
  readonly results: readonly CellResult[];
  /** Every file with end-to-end tests ran, and all tests in them were asked for. */
  readonly isWhole: boolean;
}

export interface GridJudgement {
  /** What the document should say. */
  readonly cells: ReadonlySet<string>;
  readonly missing: readonly string[];
  /** Cells that the document has and no test produces any more. */
  readonly unproven: readonly string[];
}

/**
 * A cell stands when every test that claims it passed. Where the toolchain of an SDK is missing, its tests are
 * skipped and the document keeps what it says; so it does for tests that this run did not ask for.
 */
export function judgeCells(documented: ReadonlySet<string>, run: GridRun): GridJudgement {
  const passed = new Set<string>();
  const refuted = new Set<string>();
  const unknown = new Set<string>();
  for (const { cell, state } of run.results) {
    const key = cellKey(cell);
    const mayBeSkipped = !run.isWhole || needsToolchain(cell);
    if (state === "passed") passed.add(key);
    else if (state === "failed" || !mayBeSkipped) refuted.add(key);
    else unknown.add(key);
  }
  const isProven = (key: string) => passed.has(key) && !refuted.has(key);
  const isKept = (key: string) =>
    !refuted.has(key) && (passed.has(key) || unknown.has(key) || !run.isWhole);
  const kept = [...documented].filter(isKept);
  const proven = [...passed].filter(isProven);
  return {
    cells: new Set([...kept, ...proven]),
    missing: proven.filter((key) => !documented.has(key)).toSorted(),
    unproven: [...documented].filter((key) => !isKept(key)).toSorted(),
  };
}

function needsToolchain({ sdk, feature }: AnyCell): boolean {
  const { kind, toolchain = featuresOf(kind).get(feature)?.toolchain } = sdkFacts(sdk);
  return toolchain !== undefined;
}
