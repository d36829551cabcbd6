import { defineConfig } from "vitest/config";
import { GridReporter } from "./scripts/compatibility-grid/grid-reporter.ts";
import { SummaryReporter } from "./scripts/summary-reporter.ts";

// Tests run from source: the `source` condition of every package's exports names its src folder.
const conditions = ["source", "module", "node", "import", "default"];
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};
// Shared machines are slow at times; a test that waits for ever is found all the same.
const patience = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // What a test cannot wait for in any other way, it asks for again and again.
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    // Much of the time is spent waiting for official clients: every core has a file to run.
    maxWorkers: "100%",
    reporters: ["default", new GridReporter(), new SummaryReporter()],
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: [
            "packages/**/*.test.ts",
            "bench/**/*.test.ts",
            "scripts/**/*.test.ts",
            "tests/architecture.test.ts",
          ],
          ...patience,
        },
      },
      {
        ...shared,
        test: {
          name: "e2e",
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/architecture.test.ts", "**/node_modules/**"],
          // Official SDKs hard-code their ports: every file has loopback addresses of its own.
          ...patience,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
