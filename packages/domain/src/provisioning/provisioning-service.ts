import type { Secrets } from "../access/secrets.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { ProvisioningAccess } from "./access/provisioning-access.ts";
import { Allocator } from "./allocation/allocator.ts";
import type { AllocationWebhook } from "./allocation/webhook.ts";
import { Attestor } from "./attestation/attestor.ts";
import type { ProvisioningCrypto } from "./attestation/provisioning-crypto.ts";
import type { TpmChallengeStore } from "./attestation/tpm-challenges.ts";
import { LocalTpmChallengeStore, TpmChallenges } from "./attestation/tpm-challenges.ts";
import { X509Attestor } from "./attestation/x509-attestor.ts";
import { CaCertificates } from "../certificates/ca-certificates.ts";
import type { CaCertificateStore } from "../certificates/ca-certificate.ts";
import { DeviceProvisioning } from "./device-provisioning.ts";
import type {
  EnrollmentGroupStore,
  IndividualEnrollmentStore,
} from "./enrollments/enrollment-store.ts";
import type { EnrollmentGroups, IndividualEnrollments } from "./enrollments/enrollment-kinds.ts";
import {
  createEnrollmentGroups,
  createIndividualEnrollments,
} from "./enrollments/enrollment-kinds.ts";
import type { LinkedHubs } from "./hubs/linked-hub.ts";
import type { ProvisioningLimits } from "./limits/provisioning-limits.ts";
import { certificateError } from "./provisioning-error.ts";
import type { ProvisioningObserver } from "./provisioning-observer.ts";
import { Placement } from "./registrations/placement.ts";
import { Registrar } from "./registrations/registrar.ts";
import { RegistrationRecords } from "./registrations/registration-records.ts";
import type { RegistrationStore } from "./registrations/registration-store.ts";
import { Registrations } from "./registrations/registrations.ts";
import { ProvisioningConfiguration } from "./settings/provisioning-configuration.ts";
import type {
  ProvisioningSettings,
  ProvisioningSettingsStore,
} from "./settings/provisioning-settings.ts";

/** How often identities that could not be deleted when their device moved are tried again. */
const SWEEP_INTERVAL_MS = 60_000;
const SWEEP_ITEMS_MAX = 100;

/** What one provisioning service stands on; the composition root brings them. */
export interface ProvisioningParts {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly crypto: ProvisioningCrypto;
  readonly limits: ProvisioningLimits;
  readonly settingsStore: ProvisioningSettingsStore;
  readonly individuals: IndividualEnrollmentStore;
  readonly groups: EnrollmentGroupStore;
  readonly registrations: RegistrationStore;
  readonly certificates: CaCertificateStore;
  /** Absent for a server that is alone. */
  readonly challenges?: TpmChallengeStore;
  readonly hubs: LinkedHubs;
  readonly webhook: AllocationWebhook;
  readonly observer: ProvisioningObserver;
}

/** Everything a head may ask of a provisioning service. */
export interface ProvisioningService extends AsyncDisposable {
  readonly settings: ProvisioningSettings;
  readonly configuration: ProvisioningConfiguration;
  readonly access: ProvisioningAccess;
  readonly devices: DeviceProvisioning;
  readonly individualEnrollments: IndividualEnrollments;
  readonly enrollmentGroups: EnrollmentGroups;
  readonly registrations: Registrations;
  readonly certificates: CaCertificates;
  /** For what only heads know. */
  readonly observer: Pick<ProvisioningObserver, "serviceOperated">;
}

export function createProvisioningService(
  initial: ProvisioningSettings,
  parts: ProvisioningParts,
): ProvisioningService {
  const { clock, secrets, crypto, limits, hubs, observer, webhook } = parts;
  const configuration = new ProvisioningConfiguration(initial, {
    store: parts.settingsStore,
    secrets,
    limits,
  });
  const settings = () => configuration.current;
  const records = new RegistrationRecords({ store: parts.registrations, secrets, clock, limits });
  const allocator = new Allocator({ settings, hubs, webhook, limits });
  const placement = new Placement({
    records,
    allocator,
    hubs,
    settings,
    secrets,
    crypto,
    observer,
  });
  const registrar = new Registrar({
    records,
    store: parts.registrations,
    placement,
    crypto,
    clock,
    limits,
    observer,
  });
  const attestor = new Attestor({
    idScope: () => settings().idScope,
    individuals: parts.individuals,
    groups: parts.groups,
    x509: new X509Attestor({
      groups: parts.groups,
      authorities: parts.certificates,
      certificates: crypto.certificates,
      clock,
    }),
    challenges: new TpmChallenges({
      store: parts.challenges ?? new LocalTpmChallengeStore(limits),
      clock,
      secrets,
      limits,
    }),
    rememberedStorageRootKey: async (registrationId) => {
      const attestation = (await records.find(registrationId))?.attestation;
      return attestation?.type === "tpm" ? attestation.storageRootKey : undefined;
    },
    secrets,
    crypto,
    clock,
  });
  const sweeper = new Sweeper(clock, registrar, observer);
  return {
    get settings() {
      return configuration.current;
    },
    configuration,
    access: new ProvisioningAccess({ settings, secrets, clock, limits }),
    devices: new DeviceProvisioning({ attestor, registrar, records, clock, limits, observer }),
    individualEnrollments: createIndividualEnrollments(parts.individuals, parts),
    enrollmentGroups: createEnrollmentGroups(parts.groups, parts),
    registrations: new Registrations({ store: parts.registrations, clock, limits }),
    certificates: new CaCertificates({
      store: parts.certificates,
      certificates: crypto.certificates,
      secrets,
      clock,
      limits,
      createError: certificateError,
    }),
    observer,
    async [Symbol.asyncDispose]() {
      await sweeper[Symbol.asyncDispose]();
      await registrar[Symbol.asyncDispose]();
    },
  };
}

class Sweeper implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #registrar: Registrar;
  readonly #observer: ProvisioningObserver;
  #timer: Timer;
  #sweeping: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(clock: Clock, registrar: Registrar, observer: ProvisioningObserver) {
    this.#clock = clock;
    this.#registrar = registrar;
    this.#observer = observer;
    this.#timer = this.#schedule();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer.cancel();
    await this.#sweeping;
  }

  #schedule(): Timer {
    return this.#clock.after(SWEEP_INTERVAL_MS, () => {
      this.#sweeping = this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    try {
      await this.#registrar.sweep(SWEEP_ITEMS_MAX);
    } catch (error) {
      this.#observer.workFailed({ registrationId: "", error });
    }
    if (!this.#isClosed) this.#timer = this.#schedule();
  }
}
