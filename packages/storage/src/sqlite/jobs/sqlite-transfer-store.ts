import type { Transfer, TransferStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import { hubKey } from "../hub-key.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly transfer: string;
}

/** The statements, prepared once for all hubs. */
export class TransferStatements {
  readonly state: StateDatabase;
  readonly find: Database.Statement<[string, string], Row>;
  readonly put: Database.Statement<[string, string, number, string]>;
  readonly list: Database.Statement<[string, number], Row>;
  readonly remove: Database.Statement<[string, number]>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.state = state;
    this.find = connection.prepare("SELECT transfer FROM transfers WHERE hub = ? AND job_id = ?");
    this.put = connection.prepare(
      `INSERT INTO transfers (hub, job_id, created_at_ms, transfer) VALUES (?, ?, ?, ?)
       ON CONFLICT (hub, job_id) DO UPDATE SET transfer = excluded.transfer`,
    );
    this.list = connection.prepare(
      "SELECT transfer FROM transfers WHERE hub = ? ORDER BY id DESC LIMIT ?",
    );
    this.remove = connection.prepare("DELETE FROM transfers WHERE hub = ? AND created_at_ms < ?");
  }
}

export class SqliteTransferStore implements TransferStore {
  readonly #statements: TransferStatements;
  readonly #hub: string;

  constructor(statements: TransferStatements, hubName: string) {
    this.#statements = statements;
    this.#hub = hubKey(hubName);
  }

  async find(jobId: string): Promise<Transfer | undefined> {
    const row = this.#statements.find.get(this.#hub, jobId);
    return row && decode(row);
  }

  async put(transfer: Transfer): Promise<void> {
    const { state, put } = this.#statements;
    const { jobId, createdAtMs } = transfer;
    await state.write(() => put.run(this.#hub, jobId, createdAtMs, JSON.stringify(transfer)));
  }

  async list(limit: number): Promise<readonly Transfer[]> {
    return this.#statements.list.all(this.#hub, limit).map(decode);
  }

  async removeCreatedBefore(createdBeforeMs: number): Promise<void> {
    const { state, remove } = this.#statements;
    await state.write(() => remove.run(this.#hub, createdBeforeMs));
  }
}

function decode({ transfer }: Row): Transfer {
  return JSON.parse(transfer) as Transfer;
}
