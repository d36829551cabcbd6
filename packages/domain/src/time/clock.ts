/** Time is an argument: the domain never asks the machine what time it is, and tests move a manual clock. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /** Runs `action` once, `delayMs` from now, unless cancelled first. */
  after(delayMs: number, action: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}
