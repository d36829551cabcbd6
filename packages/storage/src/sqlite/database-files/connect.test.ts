import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { connect } from "./connect.ts";

const source = fileURLToPath(new URL("../../", import.meta.url));

test("pragmas answer as the driver's own do", () => {
  const database = connect(":memory:");
  expect(database.pragma("user_version = 7")).toBeUndefined();
  expect(database.pragma("user_version", { simple: true })).toBe(7);
  expect(database.pragma("user_version")).toEqual([{ user_version: 7 }]);
  database.close();
});

test("no other file opens a connection, and none makes iterators, which nothing would keep", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .map((file) => ({ file, text: readFileSync(path.join(source, file), "utf8") }));
  expect(files.length).toBeGreaterThan(20);
  const opening = files.filter(({ text }) => text.includes("new Database("));
  expect(opening.map(({ file }) => file)).toEqual([
    path.join("sqlite", "database-files", "connect.ts"),
  ]);
  const iterating = files.filter(({ text }) => text.includes(".iterate("));
  expect(iterating.map(({ file }) => file)).toEqual([]);
});
