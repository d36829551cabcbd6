import type {
  AttestationType,
  EnrollmentGroup,
  EnrollmentGroupStore,
  IndividualEnrollment,
  IndividualEnrollmentStore,
} from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";
import type { DocumentRow } from "./document-table.ts";
import { DocumentStatements, DocumentTable } from "./document-table.ts";

interface Total {
  readonly total: number | null;
}

export class IndividualEnrollmentStatements extends DocumentStatements {
  readonly count: Database.Statement<[string], Total>;
  readonly countOfType: Database.Statement<[string, string], Total>;

  constructor(state: StateDatabase) {
    super(state, "individual_enrollments");
    const select = `SELECT SUM(total) AS total FROM provisioning_counts
                    WHERE service = ? AND kind = 'individual'`;
    this.count = state.connection.prepare(select);
    this.countOfType = state.connection.prepare(`${select} AND type = ?`);
  }
}

export class SqliteIndividualEnrollmentStore
  extends DocumentTable<IndividualEnrollment>
  implements IndividualEnrollmentStore
{
  readonly #statements: IndividualEnrollmentStatements;

  constructor(statements: IndividualEnrollmentStatements, service: RowOwner) {
    super(statements, service, (enrollment) => enrollment.id);
    this.#statements = statements;
  }

  async count(type?: AttestationType): Promise<number> {
    const { count, countOfType } = this.#statements;
    const row = type === undefined ? count.get(this.service) : countOfType.get(this.service, type);
    return row?.total ?? 0;
  }
}

export class EnrollmentGroupStatements extends DocumentStatements {
  readonly listByType: Database.Statement<[string, string], DocumentRow>;
  readonly count: Database.Statement<[string], Total>;
  readonly countOfType: Database.Statement<[string, string], Total>;

  constructor(state: StateDatabase) {
    super(state, "enrollment_groups");
    const { connection } = state;
    this.listByType = connection.prepare(
      `SELECT json(document) AS document FROM enrollment_groups
       WHERE service = ? AND attestation_type = ? ORDER BY id`,
    );
    // Groups are few by their limit: counting them is cheap.
    const count = "SELECT COUNT(*) AS total FROM enrollment_groups WHERE service = ?";
    this.count = connection.prepare(count);
    this.countOfType = connection.prepare(`${count} AND attestation_type = ?`);
  }
}

export class SqliteEnrollmentGroupStore
  extends DocumentTable<EnrollmentGroup>
  implements EnrollmentGroupStore
{
  readonly #statements: EnrollmentGroupStatements;

  constructor(statements: EnrollmentGroupStatements, service: RowOwner) {
    super(statements, service, (group) => group.id);
    this.#statements = statements;
  }

  async listByType(type: "symmetricKey" | "x509"): Promise<readonly EnrollmentGroup[]> {
    const rows = this.#statements.listByType.all(this.service, type);
    return rows.map((row) => this.decode(row));
  }

  async count(type?: AttestationType): Promise<number> {
    const { count, countOfType } = this.#statements;
    const row = type === undefined ? count.get(this.service) : countOfType.get(this.service, type);
    return row?.total ?? 0;
  }
}
