import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { hasJava, startJavaProgram } from "../support/programs/java.ts";
import { PREPARE_MS_MAX } from "../support/programs/prepare.ts";
import type { Program } from "../support/programs/program.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";
import { SoftwareTpm, hasSoftwareTpm } from "../support/provisioning/software-tpm.fixture.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.164";
// The provisioning client does not offer MQTT with a TPM.
const TRANSPORTS = [
  ["https", "HTTPS"],
  ["amqp", "AMQP"],
  ["amqp-ws", "AMQP over WebSockets"],
] as const;
// Over WebSockets, a client that is refused keeps a core busy until its program ends.
const REFUSING_TRANSPORTS = TRANSPORTS.slice(0, 2);
// Over AMQP it does not notice that it is refused, and waits for as long as it is told.
const REFUSED_WAIT_S = 10;
const canRun = hasSoftwareTpm() && hasJava();

interface TpmIdentity {
  readonly registrationId: string;
  readonly endorsementKey: string;
}

describe.skipIf(!canRun)("devices with a TPM, of the Java SDKs (needs swtpm)", () => {
  let server: TestServer;
  let program: Program;
  let service: ProvisioningClient;
  let reader: EventsReader;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883, amqpPort: 5671 },
    });
    program = await startJavaProgram({ CA_FILE: server.connection.caFile });
    service = new ProvisioningClient(server.connection);
    reader = await EventsReader.start(server.connection);
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    await Promise.allSettled([
      program?.[Symbol.asyncDispose](),
      service?.[Symbol.asyncDispose](),
      reader?.[Symbol.asyncDispose](),
    ]);
    await server?.[Symbol.asyncDispose]();
  });

  const identify = async ({ port }: SoftwareTpm) =>
    (await program.call("identifyTpm", { tpm: port })) as TpmIdentity;

  async function enroll({ registrationId, endorsementKey }: TpmIdentity): Promise<void> {
    const attestation = { type: "tpm", tpm: { endorsementKey } };
    const enrollment = { registrationId, attestation };
    const outcome = await service.service("createOrUpdateIndividualEnrollment", enrollment);
    if ("error" in outcome) throw new Error(outcome.message);
  }

  function register(transport: string, { port: tpm }: SoftwareTpm, options: object = {}) {
    const { hostName: host, idScope } = server.connection.provisioning[0]!;
    return program.call("register", { transport, host, idScope, tpm, ...options });
  }

  // The client waits for seconds between its questions; all of them may as well wait at once.
  for (const [transport, column] of TRANSPORTS) {
    test.concurrent(
      `register over ${column}, and open their hub with the key they got`,
      cell({ sdk: "provisioning-device-client (Java)", transport: column, feature: "TPM" }),
      async ({ expect }) => {
        await using tpm = await SoftwareTpm.start();
        const identity = await identify(tpm);
        await enroll(identity);
        const { registrationId: deviceId } = identity;
        const { hostName } = server.connection.hubs[0]!;
        expect(await register(transport, tpm)).toMatchObject({
          status: "assigned",
          assignedHub: hostName,
          deviceId,
        });
        const name = transport;
        await program.call("open", { name, transport, hostName, deviceId, tpm: tpm.port });
        await program.call("send", { name, message: { body: `"signed by a TPM"` } });
        await program.call("close", { name });
        await reader.waitFor(
          () =>
            reader.events.some(
              ({ body, systemProperties }) =>
                body === "signed by a TPM" &&
                systemProperties["iothub-connection-device-id"] === deviceId,
            ),
          `event of ${deviceId}`,
        );
      },
    );
  }

  for (const [transport, column] of REFUSING_TRANSPORTS) {
    test.concurrent(`do not register over ${column} when another TPM is enrolled`, async ({
      expect,
    }) => {
      await using tpm = await SoftwareTpm.start();
      await using other = await SoftwareTpm.start();
      const { registrationId } = await identify(tpm);
      const { endorsementKey } = await identify(other);
      await enroll({ registrationId, endorsementKey });
      await expect(register(transport, tpm, { timeoutS: REFUSED_WAIT_S })).rejects.toThrow(
        "ProvisioningDeviceClientException",
      );
      const refused = server.log.entries.filter(
        ({ message, fields }) =>
          message === "device not attested" && fields["registrationId"] === registrationId,
      );
      expect(refused).toMatchObject([{ fields: { outcome: "Unauthorized" } }]);
      const path = `/devices/${registrationId}`;
      expect((await server.client().call({ method: "GET", path })).status).toBe(404);
    });
  }
});
