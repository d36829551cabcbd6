import type { ClientCertificate, SasToken } from "@larimar/domain";
import { createProvisioningDirectory } from "@larimar/domain";
import type { TestProvisioning } from "@larimar/domain/fixtures";
import {
  createTestProvisioning,
  registrationToken,
  settle,
  testProvisioningCrypto,
} from "@larimar/domain/fixtures";
import { buildSasToken } from "@larimar/wire";
import { TestHead, type TestRequest, type TestResponse } from "../test-head.fixture.ts";

/** A provisioning service behind the HTTPS head, and how its clients speak to it. */
export class ProvisioningHead implements AsyncDisposable {
  readonly provisioning: TestProvisioning;
  readonly #head: TestHead;

  private constructor(provisioning: TestProvisioning, head: TestHead) {
    this.provisioning = provisioning;
    this.#head = head;
  }

  static async start(
    options: {
      provisioning?: Parameters<typeof createTestProvisioning>[0];
      certificate?: ClientCertificate;
    } = {},
  ): Promise<ProvisioningHead> {
    const provisioning = createTestProvisioning(options.provisioning);
    const head = new TestHead({
      provisioning: createProvisioningDirectory([provisioning.service], { isStrict: false }),
      context: { certificate: options.certificate },
    });
    await head.listen();
    return new ProvisioningHead(provisioning, head);
  }

  get idScope(): string {
    return this.provisioning.service.settings.idScope;
  }

  /** Exactly as it is. */
  send(method: string, target: string, request?: TestRequest): Promise<TestResponse> {
    return this.#head.send(method, target, request);
  }

  /** As the owner of the service. */
  asOwner(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<TestResponse> {
    const [policy] = this.provisioning.service.settings.policies;
    if (policy === undefined) throw new Error("no policy");
    const token = buildSasToken({
      resource: "localhost",
      expiresAtMs: this.provisioning.clock.now() + 60_000,
      policyName: policy.name,
      sign: (text) => testProvisioningCrypto.deriveKey(policy.primaryKey, text),
    });
    const target = `${path}?api-version=2021-10-01`;
    return this.send(method, target, { token, headers, ...(body && { body }) });
  }

  deviceToken(registrationId: string, key: string): string {
    const expiresAtMs = this.provisioning.clock.now() + 60_000;
    const { idScope } = this;
    return formatToken(registrationToken({ idScope, registrationId, key, expiresAtMs }));
  }

  register(registrationId: string, request: TestRequest = {}): Promise<TestResponse> {
    const target = `/${this.idScope}/registrations/${registrationId}/register?api-version=2019-03-31`;
    return this.send("PUT", target, { body: { registrationId }, ...request });
  }

  poll(registrationId: string, operationId: string, token?: string): Promise<TestResponse> {
    const path = `/${this.idScope}/registrations/${registrationId}/operations/${operationId}`;
    const target = `${path}?api-version=2019-03-31`;
    return this.send("GET", target, { ...(token !== undefined && { token }), body: "{}" });
  }

  settle(): Promise<void> {
    return settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#head[Symbol.asyncDispose]();
    await this.provisioning.service[Symbol.asyncDispose]();
  }
}

/** As some SDKs write it: the resource not encoded. */
function formatToken({ rawResource, rawExpiry, signature }: SasToken): string {
  const encoded = encodeURIComponent(signature);
  return `SharedAccessSignature sr=${rawResource}&sig=${encoded}&skn=registration&se=${rawExpiry}`;
}
