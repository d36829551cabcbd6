import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AnyCell } from "../../tests/grid/cell.ts";
import { FEATURES, TRANSPORTS } from "../../tests/grid/features.ts";
import { type SdkName, sdkFacts, SDKS } from "../../tests/grid/sdks.ts";
import { readGrids, writeGrids } from "./grid-text.ts";
import { cellKey, type CellResult, judgeCells } from "./judge-cells.ts";

const EMPTY = [
  "<!-- grid: devices -->\n<!-- /grid: devices -->",
  "<!-- grid: back-ends -->\n<!-- /grid: back-ends -->",
].join("\ntext\n");

const methods: AnyCell = {
  sdk: "azure-iot-device (Node)",
  transport: "AMQP",
  feature: "direct methods",
};
const twins: AnyCell = { ...methods, feature: "twin: read and report" };
const python: AnyCell = { ...methods, sdk: "azure-iot-device (Python)", transport: "MQTT" };
const keys = (...cells: readonly AnyCell[]) => new Set(cells.map(cellKey));
const result = (cell: AnyCell, state: CellResult["state"]): CellResult => ({ cell, state });

describe("the grid in the document", () => {
  test("says what was written, and nothing else", () => {
    const events: AnyCell = {
      sdk: "@azure/event-hubs (Node)",
      transport: "AMQP over WebSockets",
      feature: "receive from every start position",
    };
    const text = writeGrids(EMPTY, keys(methods, events));
    expect(readGrids(text)).toEqual(keys(methods, events));
    expect(writeGrids(text, readGrids(text))).toBe(text);
    expect(readGrids(writeGrids(text, new Set()))).toEqual(new Set());
    expect(text).not.toContain("Python");
  });

  test("has a dash where the service or the SDK has no such thing, and no more", () => {
    const text = writeGrids(EMPTY, keys(methods));
    const row = (feature: string) =>
      text
        .split("\n")
        .find((line) => line.startsWith(`| ${feature} `))!
        .split("|")
        .slice(2, -1)
        .map((value) => value.trim());
    expect(row("direct methods")).toEqual(["", "", "yes", "", "–"]);
    expect(row("many devices on one connection")).toEqual(["–", "–", "–", "–", "–"]);
  });

  test("is as this version of its rows and columns writes it", () => {
    const text = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");
    expect(writeGrids(text, readGrids(text))).toBe(text);
  });

  test("needs its markers", () => {
    expect(() => readGrids("")).toThrow("grid: devices");
  });
});

describe("what a run shows", () => {
  test("is missing from a document that does not say it", () => {
    const judgement = judgeCells(new Set(), {
      results: [result(methods, "passed")],
      isWhole: false,
    });
    expect(judgement).toMatchObject({ cells: keys(methods), missing: [cellKey(methods)] });
  });

  test("does not stand when one of its tests failed or was skipped", () => {
    for (const state of ["failed", "skipped"] as const) {
      const results = [result(methods, "passed"), result(methods, state)];
      const judgement = judgeCells(keys(methods), { results, isWhole: true });
      expect(judgement).toMatchObject({ cells: new Set(), unproven: [cellKey(methods)] });
    }
  });

  test("leaves alone what it did not look at, unless it looked at everything", () => {
    const results = [result(methods, "passed")];
    const documented = keys(methods, twins);
    expect(judgeCells(documented, { results, isWhole: false }).unproven).toEqual([]);
    expect(judgeCells(documented, { results, isWhole: true }).unproven).toEqual([cellKey(twins)]);
  });

  test("says nothing about an SDK whose toolchain is missing", () => {
    const results = [result(python, "skipped")];
    const judgement = judgeCells(keys(python), { results, isWhole: true });
    expect(judgement).toMatchObject({ cells: keys(python), missing: [], unproven: [] });
  });
});

test("what an SDK lacks is named after features and transports there are", () => {
  for (const sdk of Object.keys(SDKS) as SdkName[]) {
    const { kind, lacks = {}, transports } = sdkFacts(sdk);
    expect(Object.keys(FEATURES[kind])).toEqual(expect.arrayContaining(Object.keys(lacks)));
    expect(TRANSPORTS).toEqual(expect.arrayContaining([...transports]));
  }
});
