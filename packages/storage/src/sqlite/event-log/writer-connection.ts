import { WorkerCaller } from "./call-worker.ts";
import type { StartWorker } from "./start-worker.ts";
import type { WriterCalls } from "./worker-calls.ts";

export type Writer = WorkerCaller<WriterCalls>;

export interface WriterConnectionParts {
  readonly startWorker: StartWorker;
  readonly open: WriterCalls["open"]["request"];
  /** Brings a new worker up to date; until it has, nobody else may ask it for anything. */
  readonly prepare: (writer: Writer) => Promise<void>;
}

/** The worker that writes; when it is gone, whoever asks next starts another. */
export class WriterConnection {
  readonly #parts: WriterConnectionParts;
  #writer: Promise<Writer> | undefined;

  constructor(parts: WriterConnectionParts) {
    this.#parts = parts;
  }

  get(): Promise<Writer> {
    if (this.#writer !== undefined) return this.#writer;
    const started = this.#start(() => {
      if (this.#writer === started) this.#writer = undefined;
    });
    this.#writer = started;
    // The next to ask tries again.
    started.catch(() => {
      if (this.#writer === started) this.#writer = undefined;
    });
    return started;
  }

  async close(): Promise<void> {
    const writer = await this.#writer?.catch(() => undefined);
    await writer?.close();
  }

  async #start(onGone: () => void): Promise<Writer> {
    const writer: Writer = new WorkerCaller(this.#parts.startWorker("writer"), onGone);
    try {
      await writer.call("open", this.#parts.open);
      await this.#parts.prepare(writer);
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }
}
