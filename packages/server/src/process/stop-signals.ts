/** The part of `process` that signals come from. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

export interface StopSignals extends Disposable {
  /** Aborted by the first signal: time to shut down cleanly. */
  readonly stop: AbortSignal;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** One Ctrl-C may arrive twice: from the terminal, and from the npm that runs us. */
const SAME_PRESS_MS = 1000;

/** The first signal asks for a clean end, a second one that is not its echo ends the process at once. */
export function watchStopSignals(parts: {
  source: SignalSource;
  /** Never runs backwards. */
  nowMs: () => number;
  endAtOnce: (signal: NodeJS.Signals) => void;
}): StopSignals {
  const { source, nowMs, endAtOnce } = parts;
  const stopping = new AbortController();
  let firstAtMs = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    if (!stopping.signal.aborted) {
      firstAtMs = nowMs();
      stopping.abort();
    } else if (nowMs() - firstAtMs >= SAME_PRESS_MS) {
      endAtOnce(signal);
    }
  };
  for (const signal of SIGNALS) source.on(signal, onSignal);
  return {
    stop: stopping.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) source.off(signal, onSignal);
    },
  };
}
