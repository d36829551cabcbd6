import type { Transfer, TransferStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly transfer: string;
}

/** The statements, prepared once for all hubs. */
export class TransferStatements {
  readonly find: Database.Statement<[string, string], Row>;
  readonly put: Database.Statement<[string, string, number, string]>;
  readonly list: Database.Statement<[string, number], Row>;
  readonly remove: Database.Statement<[string, number]>;

  constructor(state: StateDatabase) {
    const { connection } = state;
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
  readonly #hub: RowOwner;

  constructor(statements: TransferStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(jobId: string): Promise<Transfer | undefined> {
    const row = this.#statements.find.get(this.#hub.key, jobId);
    return row && decode(row);
  }

  async put(transfer: Transfer): Promise<void> {
    const { put } = this.#statements;
    const { jobId, createdAtMs } = transfer;
    await this.#hub.write(() =>
      put.run(this.#hub.key, jobId, createdAtMs, JSON.stringify(transfer)),
    );
  }

  async list(limit: number): Promise<readonly Transfer[]> {
    return this.#statements.list.all(this.#hub.key, limit).map(decode);
  }

  async removeCreatedBefore(createdBeforeMs: number): Promise<void> {
    const { remove } = this.#statements;
    await this.#hub.write(() => remove.run(this.#hub.key, createdBeforeMs));
  }
}

function decode({ transfer }: Row): Transfer {
  return JSON.parse(transfer) as Transfer;
}
