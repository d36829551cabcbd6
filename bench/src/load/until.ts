const POLL_MS = 5;

/** Resolves within a few milliseconds of the condition being true: milestones of a run, never what it measures. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
