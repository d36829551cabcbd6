import { type TestServer, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RegistryClient } from "../support/service-clients/registry-client.ts";
import { TestIssuer } from "../support/test-issuer.ts";

// The clients know no other ports than 443 and 5671.
const ADDRESS = "127.0.0.121";
const AUDIENCE = "https://iothubs.azure.net";

describe("tokens of an identity provider, with azure-iothub", () => {
  let issuer: TestIssuer;
  let server: TestServer;
  const clients: RegistryClient[] = [];

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    server = await startTestServer({
      config: {
        bind: [ADDRESS],
        host: [ADDRESS],
        httpsPort: 443,
        amqpPort: 5671,
        oidcIssuer: issuer.url,
        oidcAudience: AUDIENCE,
      },
    });
  });

  afterAll(async () => {
    for (const client of clients) await client[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await issuer?.[Symbol.asyncDispose]();
  });

  const withRole = (role: string) => {
    const bearerToken = issuer.tokenFor(AUDIENCE, [role]);
    const { caFile } = server.connection;
    const client = new RegistryClient({ connectionString: ADDRESS, bearerToken, caFile });
    clients.push(client);
    return client;
  };

  test("a contributor manages devices over HTTPS and commands them over AMQP", async () => {
    const client = withRole("IoT Hub Data Contributor");
    expect(await client.call("create", { deviceId: "press" })).toMatchObject({ status: 200 });
    expect(await client.call("getTwin", "press")).toMatchObject({ status: 200 });
    expect(await client.call("open")).toMatchObject({ status: 200 });
    const command = { data: "on", messageId: "1", ack: "none" };
    expect(await client.call("sendCommand", "press", command)).toMatchObject({ status: 200 });
  });

  test("a reader reads and changes nothing", async () => {
    const client = withRole("IoT Hub Data Reader");
    expect(await client.call("get", "press")).toMatchObject({ status: 200 });
    expect(await client.call("create", { deviceId: "other" })).toMatchObject({
      error: "UnauthorizedError",
    });
    expect(await client.call("delete", "press")).toMatchObject({ error: "UnauthorizedError" });
    expect(await client.call("get", "press")).toMatchObject({ status: 200 });
  });
});
