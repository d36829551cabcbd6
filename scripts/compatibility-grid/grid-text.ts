import { featuresOf, TRANSPORTS } from "../../tests/grid/features.ts";
import type { Transport } from "../../tests/grid/features.ts";
import type { GridName, SdkName } from "../../tests/grid/sdks.ts";
import { gridOf, sdkFacts, SDKS } from "../../tests/grid/sdks.ts";
import { cellKey } from "./judge-cells.ts";

const GRID_NAMES: readonly GridName[] = ["devices", "back-ends"];

const HEADING = "feature";
const YES = "yes";
const NOT_OFFERED = "–";

/** The document with both grids replaced by these cells. Throws when its markers are missing. */
export function writeGrids(document: string, cells: ReadonlySet<string>): string {
  let text = document;
  for (const name of GRID_NAMES) {
    const { before, after } = split(text, name);
    text = `${before}\n\n${renderGrid(name, cells)}${after}`;
  }
  return text;
}

/** The cells that the document says work. */
export function readGrids(document: string): Set<string> {
  const cells = new Set<string>();
  for (const name of GRID_NAMES) {
    let sdk = "";
    let transports: readonly string[] = [];
    for (const line of split(document, name).grid.split("\n")) {
      if (line.startsWith("#### ")) sdk = line.slice("#### ".length);
      if (!line.startsWith("|")) continue;
      const [label = "", ...columns] = line
        .split("|")
        .slice(1, -1)
        .map((column) => column.trim());
      if (label === HEADING) transports = columns;
      columns.forEach((value, index) => {
        const transport = transports[index];
        if (value === YES && transport !== undefined) {
          cells.add(cellKey({ sdk, transport, feature: label }));
        }
      });
    }
  }
  return cells;
}

/** Of each SDK that has a cell, one table. What Azure IoT Hub or the SDK lacks has a dash. */
function renderGrid(name: GridName, cells: ReadonlySet<string>): string {
  const tables = (Object.keys(SDKS) as SdkName[])
    .filter((sdk) => gridOf(sdk) === name)
    .filter((sdk) => [...cells].some((key) => key.startsWith(cellKey({ sdk }))))
    .map((sdk) => `#### ${sdk}\n\n${renderTable(sdk, cells)}\n`);
  return tables.map((table) => `${table}\n`).join("");
}

function renderTable(sdk: SdkName, cells: ReadonlySet<string>): string {
  const { kind, lacks = {}, transports: offered } = sdkFacts(sdk);
  const transports = TRANSPORTS.filter((transport) => offered.includes(transport));
  const isOffered = (feature: string, notOn: readonly Transport[], transport: Transport) => {
    const missing = lacks[feature] ?? [];
    return !notOn.includes(transport) && missing !== "everywhere" && !missing.includes(transport);
  };
  const rows = [...featuresOf(kind)].map(([feature, { notOn = [] }]) => [
    feature,
    ...transports.map((transport) => {
      if (cells.has(cellKey({ sdk, transport, feature }))) return YES;
      return isOffered(feature, notOn, transport) ? "" : NOT_OFFERED;
    }),
  ]);
  return alignTable([[HEADING, ...transports], ...rows]);
}

/** As the formatter of this repository aligns tables. */
function alignTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((value, column) => value.padEnd(widths[column]!)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}

function split(document: string, name: GridName): { before: string; grid: string; after: string } {
  const start = `<!-- grid: ${name} -->`;
  const end = `<!-- /grid: ${name} -->`;
  const startsAt = document.indexOf(start);
  const endsAt = document.indexOf(end);
  if (startsAt === -1 || endsAt < startsAt) {
    throw new Error(`docs/compatibility.md lacks '${start}' … '${end}'`);
  }
  const contentAt = startsAt + start.length;
  return {
    before: document.slice(0, contentAt),
    grid: document.slice(contentAt, endsAt),
    after: document.slice(endsAt),
  };
}
