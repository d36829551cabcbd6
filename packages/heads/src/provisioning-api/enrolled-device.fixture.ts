import type { ProvisioningDirectory } from "@larimar/domain";
import { createProvisioningDirectory } from "@larimar/domain";
import type { TestProvisioning } from "@larimar/domain/fixtures";
import { createTestProvisioning, registrationToken } from "@larimar/domain/fixtures";

const KEY = Buffer.from("a key of the device's own").toString("base64");
const ID = "dev-1";

/** A provisioning service that knows one device, `dev-1`, by its key. */
export class EnrolledDevice implements AsyncDisposable {
  readonly provisioning: TestProvisioning;
  /** For the head that is tested. */
  readonly services: ProvisioningDirectory;

  private constructor(provisioning: TestProvisioning) {
    this.provisioning = provisioning;
    this.services = createProvisioningDirectory([provisioning.service], { isStrict: false });
  }

  static async create(): Promise<EnrolledDevice> {
    const provisioning = createTestProvisioning();
    await provisioning.service.individualEnrollments.put({
      id: ID,
      attestation: { type: "symmetricKey", primaryKey: KEY },
    });
    return new EnrolledDevice(provisioning);
  }

  get idScope(): string {
    return this.provisioning.service.settings.idScope;
  }

  /** `{idScope}/registrations/{id}`, which each protocol says in its own place. */
  address(registrationId = ID): string {
    return `${this.idScope}/registrations/${registrationId}`;
  }

  token(key = KEY, registrationId = ID): string {
    const { idScope } = this;
    const expiresAtMs = this.provisioning.clock.now() + 3_600_000;
    const token = registrationToken({ idScope, registrationId, key, expiresAtMs });
    const { rawResource, rawExpiry, signature } = token;
    const encoded = encodeURIComponent(signature);
    return `SharedAccessSignature sr=${rawResource}&sig=${encoded}&se=${rawExpiry}&skn=registration`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provisioning.service[Symbol.asyncDispose]();
  }
}
