import type { Contender, Cores } from "../contender.ts";
import { coreBusySeconds } from "../processes/process-stats.ts";

interface Reading {
  atMs: number;
  serverCpuSeconds: number;
  serverCoreBusySeconds: number | undefined;
  loadCoreBusySeconds: number | undefined;
}

/** Watches what the server, the generator and everybody else do with the two cores from its creation to `stop`. */
export class CoreWatch {
  readonly #contender: Contender;
  readonly #cores: Cores;
  readonly #opened: Reading;
  #closed: Reading;

  constructor(contender: Contender, cores: Cores) {
    this.#contender = contender;
    this.#cores = cores;
    this.#opened = this.#read();
    this.#closed = this.#opened;
  }

  stop(): void {
    this.#closed = this.#read();
  }

  get seconds(): number {
    return (this.#closed.atMs - this.#opened.atMs) / 1000;
  }

  get serverCpuSeconds(): number {
    return this.#closed.serverCpuSeconds - this.#opened.serverCpuSeconds;
  }

  /** What others on the machine took of the two cores, the worse of both; 0 when nothing is pinned. */
  othersCoreShare(generatorCpuSeconds: number): number {
    const shareOf = (before: number | undefined, after: number | undefined, ownSeconds: number) =>
      before === undefined || after === undefined
        ? 0
        : (after - before - ownSeconds) / this.seconds;
    const [opened, closed] = [this.#opened, this.#closed];
    return Math.max(
      0,
      shareOf(opened.serverCoreBusySeconds, closed.serverCoreBusySeconds, this.serverCpuSeconds),
      shareOf(opened.loadCoreBusySeconds, closed.loadCoreBusySeconds, generatorCpuSeconds),
    );
  }

  #read(): Reading {
    const { server, load } = this.#cores;
    return {
      atMs: performance.now(),
      serverCpuSeconds: this.#contender.server.cpuSeconds(),
      serverCoreBusySeconds: server === undefined ? undefined : coreBusySeconds(server),
      loadCoreBusySeconds: load === undefined ? undefined : coreBusySeconds(load),
    };
  }
}
