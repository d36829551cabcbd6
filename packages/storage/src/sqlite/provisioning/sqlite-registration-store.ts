import type { Registration, RegistrationStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";
import type { DocumentRow } from "./document-table.ts";
import { DocumentStatements, DocumentTable } from "./document-table.ts";

export class RegistrationStatements extends DocumentStatements {
  readonly listOfGroup: Database.Statement<[string, string, string, number], DocumentRow>;
  readonly listWithRemovals: Database.Statement<[string, number], DocumentRow>;
  readonly count: Database.Statement<[string], { total: number }>;

  constructor(state: StateDatabase) {
    super(state, "registrations");
    const { connection } = state;
    const select = "SELECT json(document) AS document FROM registrations";
    this.listOfGroup = connection.prepare(
      `${select} WHERE service = ? AND group_key = ? AND key > ? ORDER BY key LIMIT ?`,
    );
    this.listWithRemovals = connection.prepare(
      `${select} WHERE service = ? AND removal_count > 0 ORDER BY id LIMIT ?`,
    );
    this.count = connection.prepare(
      "SELECT total FROM provisioning_counts WHERE service = ? AND kind = 'registration'",
    );
  }
}

export class SqliteRegistrationStore
  extends DocumentTable<Registration>
  implements RegistrationStore
{
  readonly #statements: RegistrationStatements;

  constructor(statements: RegistrationStatements, service: RowOwner) {
    super(statements, service, (registration) => registration.registrationId);
    this.#statements = statements;
  }

  async listOfGroup(
    enrollmentGroupId: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<readonly Registration[]> {
    const rows = this.#statements.listOfGroup.all(
      this.service,
      enrollmentGroupId.toLowerCase(),
      page.after?.toLowerCase() ?? "",
      page.limit,
    );
    return rows.map((row) => this.decode(row));
  }

  async listWithRemovals(limit: number): Promise<readonly Registration[]> {
    const rows = this.#statements.listWithRemovals.all(this.service, limit);
    return rows.map((row) => this.decode(row));
  }

  async count(): Promise<number> {
    return this.#statements.count.get(this.service)?.total ?? 0;
  }
}
