import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestCertificate, TestServer } from "@larimar/testkit";
import { devicePath, makeTestCertificate, startTestServer } from "@larimar/testkit";
import { vi } from "vitest";
import type { ReceivedEvent } from "../events/events-reader.ts";
import { EventsReader } from "../events/events-reader.ts";
import { CommandSender } from "./command-sender.fixture.ts";

const WAIT_MS_MAX = 60_000;

/** A certificate in files, as programs on devices find theirs. */
export interface CertificateFiles {
  readonly hostName: string;
  readonly deviceId: string;
  readonly moduleId?: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A server on the ports that SDKs know, seen from its back ends' side. */
export class DeviceTestHub implements AsyncDisposable {
  readonly server: TestServer;
  readonly address: string;
  readonly commands: CommandSender;
  readonly reader: EventsReader;
  readonly #directory: string;
  readonly #authority: TestCertificate;

  private constructor(parts: {
    server: TestServer;
    address: string;
    reader: EventsReader;
    directory: string;
    authority: TestCertificate;
  }) {
    this.server = parts.server;
    this.address = parts.address;
    this.reader = parts.reader;
    this.#directory = parts.directory;
    this.#authority = parts.authority;
    this.commands = new CommandSender(this.hub);
  }

  static async start(address: string): Promise<DeviceTestHub> {
    const ports = { httpsPort: 443, mqttPort: 8883, amqpPort: 5671 };
    const server = await startTestServer({
      config: { bind: [address], host: [address], ...ports },
    });
    const root = await makeTestCertificate({ commonName: "root", isCa: true });
    const authority = await makeTestCertificate({
      commonName: "factory",
      isCa: true,
      issuer: root,
    });
    const hub = server.server.hubs.list()[0]!;
    await hub.certificates.put({
      name: "root",
      certificate: root.certPem,
      isVerified: true,
    });
    const reader = await EventsReader.start(server.connection);
    const directory = await mkdtemp(path.join(tmpdir(), "larimar-test-"));
    return new DeviceTestHub({ server, address, reader, directory, authority });
  }

  get hub() {
    return this.server.server.hubs.list()[0]!;
  }

  async createDevice(deviceId: string): Promise<string> {
    return (await this.server.client().createDevice(deviceId)).connectionString;
  }

  async createModule(deviceId: string, moduleId: string): Promise<string> {
    const path = `${devicePath(deviceId)}/modules/${moduleId}`;
    const created = (await this.#put(path, { deviceId, moduleId })) as {
      authentication: { symmetricKey: { primaryKey: string } };
    };
    const { primaryKey } = created.authentication.symmetricKey;
    return `HostName=${this.address};DeviceId=${deviceId};ModuleId=${moduleId};SharedAccessKey=${primaryKey}`;
  }

  async disable(deviceId: string): Promise<void> {
    await this.#put(devicePath(deviceId), { deviceId, status: "disabled" }, { "if-match": "*" });
  }

  async delete(deviceId: string): Promise<void> {
    const path = devicePath(deviceId);
    await this.server.client().call({ method: "DELETE", path, headers: { "if-match": "*" } });
  }

  async invoke(target: string, methodName: string, payload: unknown): Promise<unknown> {
    const times = { responseTimeoutInSeconds: 20, connectTimeoutInSeconds: 60 };
    const body = { methodName, payload, ...times };
    const path = `/twins/${target}/methods`;
    return (await this.server.client().call({ method: "POST", path, body })).body;
  }

  /** Changes desired properties; the version they have then. */
  async desire(target: string, desired: object): Promise<number> {
    const body = { properties: { desired } };
    const path = `/twins/${target}`;
    const answer = await this.server.client().call({ method: "PATCH", path, body });
    const twin = answer.body as { properties: { desired: { $version: number } } };
    return twin.properties.desired.$version;
  }

  async reported(target: string): Promise<Record<string, unknown>> {
    const answer = await this.server.client().call({ method: "GET", path: `/twins/${target}` });
    return (answer.body as { properties: { reported: Record<string, unknown> } }).properties
      .reported;
  }

  /** What the device, or its module, has sent; waits for that many. */
  async events(deviceId: string, count: number, moduleId?: string): Promise<ReceivedEvent[]> {
    const own = () =>
      this.reader.events.filter(
        ({ systemProperties }) =>
          systemProperties["iothub-connection-device-id"] === deviceId &&
          systemProperties["iothub-connection-module-id"] === moduleId,
      );
    await this.reader.waitFor(
      () => own().length >= count,
      `${count} events of ${deviceId}`,
      WAIT_MS_MAX,
    );
    return own();
  }

  /** Closes the device's session and waits until its client is there again. */
  async closeSession(deviceId: string, reason: "shutdown" | "tokenExpired"): Promise<void> {
    const before = this.hub.sessions.find({ deviceId });
    this.hub.sessions.close({ deviceId }, reason);
    await vi.waitFor(
      () => {
        const session = this.hub.sessions.find({ deviceId });
        if (session === undefined || session === before) throw new Error("It did not come back");
      },
      { timeout: WAIT_MS_MAX },
    );
  }

  /** Waits until the device's client has opened another connection, or proved itself again on its own. */
  async sessionRenewed(deviceId: string): Promise<void> {
    // Over AMQP there is a session once there is a link.
    const session = await vi.waitFor(
      () => {
        const found = this.hub.sessions.find({ deviceId });
        if (found === undefined) throw new Error("It has no session");
        return found;
      },
      { timeout: WAIT_MS_MAX },
    );
    const renew = vi.spyOn(session, "renew");
    await vi.waitFor(
      () => {
        const current = this.hub.sessions.find({ deviceId });
        const isNew = current !== undefined && current !== session;
        if (!isNew && renew.mock.calls.length === 0) throw new Error("Nothing was renewed");
      },
      { timeout: WAIT_MS_MAX },
    );
  }

  /** A device that its own certificate opens, registered as the first or the second of two. */
  async createWithCertificate(
    deviceId: string,
    place: "primaryThumbprint" | "secondaryThumbprint",
  ): Promise<CertificateFiles> {
    const certificate = await makeTestCertificate({ commonName: deviceId });
    const thumbprint = new X509Certificate(certificate.certPem).fingerprint.replaceAll(":", "");
    const other = "0".repeat(40);
    const both = { primaryThumbprint: other, secondaryThumbprint: other, [place]: thumbprint };
    const authentication = { type: "selfSigned", x509Thumbprint: both };
    await this.#put(devicePath(deviceId), { deviceId, authentication });
    return this.#files({ deviceId }, certificate);
  }

  /** A device, or a module, that a certificate below the hub's authority opens, with another in between. */
  async createBelowAuthority(deviceId: string, moduleId?: string): Promise<CertificateFiles> {
    const commonName = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
    const certificate = await makeTestCertificate({ commonName, issuer: this.#authority });
    const authentication = { type: "certificateAuthority" };
    const path = devicePath(deviceId);
    if (moduleId === undefined) await this.#put(path, { deviceId, authentication });
    else await this.#put(`${path}/modules/${moduleId}`, { deviceId, moduleId, authentication });
    return this.#files({ deviceId, ...(moduleId !== undefined && { moduleId }) }, certificate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([
      this.reader[Symbol.asyncDispose](),
      rm(this.#directory, { recursive: true, force: true }),
    ]);
    await this.server[Symbol.asyncDispose]();
  }

  async #put(
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const answer = await this.server.client().call({ method: "PUT", path, body, headers });
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async #files(
    identity: { deviceId: string; moduleId?: string },
    { chainPem, keyPem }: TestCertificate,
  ): Promise<CertificateFiles> {
    const name = path.join(this.#directory, `${identity.deviceId}-${identity.moduleId ?? ""}`);
    const files = { certFile: `${name}.pem`, keyFile: `${name}.key` };
    await writeFile(files.certFile, chainPem);
    await writeFile(files.keyFile, keyPem);
    return { hostName: this.address, ...identity, ...files };
  }
}
