import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";
import { SoftwareTpm, hasSoftwareTpm } from "../support/provisioning/software-tpm.fixture.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.62";
// The client does not offer MQTT with a TPM.
const TRANSPORTS = [
  ["Http", "HTTPS"],
  ["Amqp", "AMQP"],
  ["AmqpWs", "AMQP over WebSockets"],
] as const;

describe.skipIf(!hasSoftwareTpm())("devices with a TPM (needs the Debian package swtpm)", () => {
  let server: TestServer;
  let clients: ProvisioningClient;
  let tpm: SoftwareTpm;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883, amqpPort: 5671 },
    });
    clients = new ProvisioningClient(server.connection);
    tpm = await SoftwareTpm.start();
  });

  afterAll(async () => {
    await clients?.[Symbol.asyncDispose]();
    await tpm?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  async function enroll(registrationId: string, endorsementKey: string): Promise<void> {
    const attestation = { type: "tpm", tpm: { endorsementKey } };
    const enrollment = { registrationId, attestation };
    const outcome = await clients.service("createOrUpdateIndividualEnrollment", enrollment);
    if ("error" in outcome) throw new Error(outcome.message);
  }

  // One after the other: they share the TPM.
  for (const [by, transport] of TRANSPORTS) {
    test(
      `register over ${transport}, and open their hub with the key they got`,
      cell({ sdk: "azure-iot-provisioning-device (Node)", transport, feature: "TPM" }),
      async () => {
        const registrationId = `tpm-${by.toLowerCase()}`;
        await enroll(registrationId, await clients.endorsementKeyOf(tpm.port));
        const outcome = await clients.register({
          transport: by,
          registrationId,
          security: { kind: "tpm", port: tpm.port },
          telemetry: "signed by a TPM",
        });
        expect(outcome).toMatchObject({ result: { status: "assigned", deviceId: registrationId } });
        await using reader = await EventsReader.start(server.connection);
        await reader.waitFor(
          () =>
            reader.events.some(
              (event) => event.systemProperties["iothub-connection-device-id"] === registrationId,
            ),
          `event of ${registrationId}`,
        );
      },
    );
  }

  // Over AMQP, this client does not notice that it is refused.
  test("do not register when another TPM is enrolled", async () => {
    const registrationId = "stranger";
    await using other = await SoftwareTpm.start();
    await enroll(registrationId, await clients.endorsementKeyOf(other.port));
    const security = { kind: "tpm", port: tpm.port } as const;
    const outcome = await clients.register({ transport: "Http", registrationId, security });
    expect(outcome).toHaveProperty("error");
    const path = `/devices/${registrationId}`;
    expect((await server.client().call({ method: "GET", path })).status).toBe(404);
  });
});
