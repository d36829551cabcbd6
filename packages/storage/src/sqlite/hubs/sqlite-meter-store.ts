import type { MeterReading, MeterStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

/** Prepared once for all hubs. */
export class MeterStatements {
  readonly load: Database.Statement<[string], MeterReading>;
  readonly save: Database.Statement<[MeterReading & { hub: string }]>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.load = connection.prepare("SELECT day, charged FROM meters WHERE hub = ?");
    this.save = connection.prepare(
      "INSERT INTO meters (hub, day, charged) VALUES (:hub, :day, :charged) " +
        "ON CONFLICT DO UPDATE SET day = excluded.day, charged = excluded.charged",
    );
  }
}

export class SqliteMeterStore implements MeterStore {
  readonly #statements: MeterStatements;
  readonly #hub: RowOwner;

  constructor(statements: MeterStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async load(): Promise<MeterReading | undefined> {
    return this.#statements.load.get(this.#hub.key);
  }

  async save({ day, charged }: MeterReading): Promise<void> {
    const { save } = this.#statements;
    await this.#hub.write(() => save.run({ hub: this.#hub.key, day, charged }));
  }
}
