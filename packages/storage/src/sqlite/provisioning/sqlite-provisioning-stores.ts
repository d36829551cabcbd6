import type {
  CaCertificate,
  CaCertificateStore,
  ProvisioningSettings,
  ProvisioningSettingsStore,
} from "@larimar/domain";
import type { ProvisioningStorage } from "../../provisioning-storage.ts";
import { RowEraser } from "../erase-rows.ts";
import type { StateDatabase } from "../state-database.ts";
import { DocumentStatements, DocumentTable } from "./document-table.ts";
import {
  EnrollmentGroupStatements,
  IndividualEnrollmentStatements,
  SqliteEnrollmentGroupStore,
  SqliteIndividualEnrollmentStore,
} from "./sqlite-enrollment-store.ts";
import { RegistrationStatements, SqliteRegistrationStore } from "./sqlite-registration-store.ts";

/** More of either than a server will ever have. */
const ALL = 100_000;

class SqliteProvisioningSettingsStore implements ProvisioningSettingsStore {
  readonly #table: DocumentTable<ProvisioningSettings>;

  constructor(statements: DocumentStatements) {
    // Services are told apart by their own names alone.
    this.#table = new DocumentTable(statements, "", (settings) => settings.name);
  }

  find(name: string): Promise<ProvisioningSettings | undefined> {
    return this.#table.find(name);
  }

  put(
    settings: ProvisioningSettings,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict"> {
    return this.#table.put(settings, expectedEtag);
  }

  async delete(name: string): Promise<void> {
    await this.#table.delete(name, undefined);
  }

  list(): Promise<readonly ProvisioningSettings[]> {
    return this.#table.list({ limit: ALL });
  }
}

export class SqliteCaCertificateStore implements CaCertificateStore {
  readonly #table: DocumentTable<CaCertificate>;

  constructor(statements: DocumentStatements, service: string) {
    this.#table = new DocumentTable(statements, service, (certificate) => certificate.name);
  }

  find(name: string): Promise<CaCertificate | undefined> {
    return this.#table.find(name);
  }

  put(
    certificate: CaCertificate,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict"> {
    return this.#table.put(certificate, expectedEtag);
  }

  delete(
    name: string,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict"> {
    return this.#table.delete(name, expectedEtag);
  }

  list(): Promise<readonly CaCertificate[]> {
    return this.#table.list({ limit: ALL });
  }
}

export function createProvisioningStorage(state: StateDatabase): ProvisioningStorage {
  const services = new DocumentStatements(state, "provisioning_services");
  const individuals = new IndividualEnrollmentStatements(state);
  const groups = new EnrollmentGroupStatements(state);
  const registrations = new RegistrationStatements(state);
  const certificates = new DocumentStatements(state, "ca_certificates");
  const eraser = new RowEraser(state, "service");
  return {
    settings: new SqliteProvisioningSettingsStore(services),
    forService: (name) => ({
      individuals: new SqliteIndividualEnrollmentStore(individuals, name),
      groups: new SqliteEnrollmentGroupStore(groups, name),
      registrations: new SqliteRegistrationStore(registrations, name),
      certificates: new SqliteCaCertificateStore(certificates, name),
    }),
    eraseService: (name) => eraser.erase(name.toLowerCase()),
  };
}
