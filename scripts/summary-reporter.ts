import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Names the files that failed and ends with "N passed, N failed", a line each, for scripts that read them. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    for (const file of failedFiles(modules)) console.log(`failed file: ${file}`);
    const { passed, failed } = countResults(modules, unhandledErrors.length);
    console.log(`${passed} passed, ${failed} failed`);
  }
}

/** Each with its project before it. */
export function failedFiles(modules: readonly TestModule[]): string[] {
  return modules
    .filter((module) => module.state() === "failed")
    .map(({ project, relativeModuleId }) => `${project.name} ${relativeModuleId}`);
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
