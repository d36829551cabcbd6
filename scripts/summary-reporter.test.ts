import { expect, test } from "vitest";
import type { TestModule } from "vitest/node";
import { countResults } from "./summary-reporter.ts";

type State = "passed" | "failed" | "skipped";

function moduleOf(state: State, tests: readonly State[]): TestModule {
  const module = {
    state: () => state,
    children: { allTests: () => tests.map((result) => ({ result: () => ({ state: result }) })) },
  };
  return module as unknown as TestModule;
}

test("counts what passed and what failed, and leaves out what was skipped", () => {
  const modules = [
    moduleOf("passed", ["passed", "passed", "skipped"]),
    moduleOf("failed", ["passed", "failed"]),
  ];
  expect(countResults(modules, 0)).toEqual({ passed: 3, failed: 1 });
});

test("counts a file that could not be loaded as a failure", () => {
  expect(countResults([moduleOf("failed", [])], 0)).toEqual({ passed: 0, failed: 1 });
});

test("counts a file whose tests pass but whose teardown fails as a failure", () => {
  expect(countResults([moduleOf("failed", ["passed"])], 0)).toEqual({ passed: 1, failed: 1 });
});

test("counts an error that no test caught as a failure", () => {
  expect(countResults([moduleOf("passed", ["passed"])], 1)).toEqual({ passed: 1, failed: 1 });
});
