import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Ends the output with "N passed, N failed" on a line of its own, for scripts that read it. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const { passed, failed } = countResults(modules, unhandledErrors.length);
    console.log(`${passed} passed, ${failed} failed`);
  }
}

/** A file that failed before or outside of its tests counts as one failure: it proved nothing. */
export function countResults(
  modules: readonly TestModule[],
  unhandledErrorCount: number,
): { passed: number; failed: number } {
  let passed = 0;
  let failed = unhandledErrorCount;
  for (const module of modules) {
    const failedBefore = failed;
    for (const test of module.children.allTests()) {
      if (test.result().state === "passed") passed += 1;
      if (test.result().state === "failed") failed += 1;
    }
    if (failed === failedBefore && module.state() === "failed") failed += 1;
  }
  return { passed, failed };
}
