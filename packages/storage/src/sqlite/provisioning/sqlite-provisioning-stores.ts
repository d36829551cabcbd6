import type {
  CaCertificate,
  CaCertificateStore,
  ProvisioningSettings,
  ProvisioningSettingsStore,
} from "@larimar/domain";
import type { ProvisioningStorage } from "../../provisioning-storage.ts";
import type { RowOwner } from "../row-owner.ts";
import { serviceOwner } from "../row-owner.ts";
import { RowOwners } from "../row-owners.ts";
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

  constructor(statements: DocumentStatements, state: StateDatabase) {
    // Services are told apart by their own names alone.
    this.#table = new DocumentTable(
      statements,
      serviceOwner(state, ""),
      (settings) => settings.name,
    );
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

  constructor(statements: DocumentStatements, owner: RowOwner) {
    this.#table = new DocumentTable(statements, owner, (certificate) => certificate.name);
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
  const owners = new RowOwners(state, "service");
  return {
    settings: new SqliteProvisioningSettingsStore(services, state),
    forService(name) {
      const service = owners.of(name);
      return {
        individuals: new SqliteIndividualEnrollmentStore(individuals, service),
        groups: new SqliteEnrollmentGroupStore(groups, service),
        registrations: new SqliteRegistrationStore(registrations, service),
        certificates: new SqliteCaCertificateStore(certificates, service),
      };
    },
    eraseService: (name) => owners.erase(name),
  };
}
