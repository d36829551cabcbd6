import type { StateDatabase } from "./state-database.ts";

const ROWS_PER_WRITE = 500;

/**
 * A server that was killed has left identities that are connected no more. Queries read that from the store,
 * so that it is put right, some at a time, when the next server starts. Whoever connects meanwhile is newer.
 */
export class ForgottenConnections implements AsyncDisposable {
  #isClosed = false;
  readonly #done: Promise<void>;

  constructor(state: StateDatabase, nowMs: number) {
    const forget = state.connection.prepare<[number, number]>(
      `UPDATE presence SET is_connected = 0 WHERE (hub, device_id, module_id) IN (
         SELECT hub, device_id, module_id FROM presence
         WHERE is_connected = 1 AND connection_state_updated_at_ms < ? LIMIT ?)`,
    );
    const run = async (): Promise<void> => {
      while (!this.#isClosed) {
        const { changes } = await state.write(() => forget.run(nowMs, ROWS_PER_WRITE));
        if (changes < ROWS_PER_WRITE) return;
      }
    };
    // One that fails has said why; the next start tries again.
    this.#done = run().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#done;
  }
}
