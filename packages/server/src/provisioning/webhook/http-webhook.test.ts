import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebhookRequest } from "@larimar/domain";
import { ManualClock } from "@larimar/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { HttpWebhook } from "./http-webhook.ts";

const request = {
  enrollment: {
    kind: "group",
    id: "group",
    etag: "e",
    createdAtMs: 0,
    updatedAtMs: 0,
    attestation: { type: "symmetricKey", primaryKey: "a", secondaryKey: "b" },
    provisioningStatus: "enabled",
    capabilities: { iotEdge: false },
    iotHubHostName: undefined,
    iotHubs: [],
    initialTwin: undefined,
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    allocationPolicy: "custom",
    customAllocation: undefined,
  },
  registrationId: "dev-1",
  proof: { type: "symmetricKey", primaryKey: "a", secondaryKey: "b" },
  payload: { from: "device" },
  current: undefined,
  linkedHubs: ["hub1.test"],
} as const satisfies WebhookRequest;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function ask(listener: RequestListener, timeoutMs = 5000) {
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const webhookUrl = `http://127.0.0.1:${port}/allocate?code=secret`;
  const definition = { webhookUrl, apiVersion: "2021-10-01" };
  return new HttpWebhook(new ManualClock()).call(definition, request, timeoutMs);
}

describe("an allocation webhook", () => {
  test("is sent JSON where the operator said, and its answer is read", async () => {
    let asked: unknown;
    const outcome = await ask((incoming, response) => {
      void incoming.toArray().then((chunks) => {
        const body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as unknown;
        asked = { method: incoming.method, url: incoming.url, body };
        response.end(JSON.stringify({ iotHubHostName: "hub1.test", payload: { hello: "device" } }));
      });
    });
    expect(asked).toMatchObject({
      method: "POST",
      url: "/allocate?code=secret",
      body: {
        enrollmentGroup: { enrollmentGroupId: "group" },
        deviceRuntimeContext: { registrationId: "dev-1", payload: { from: "device" } },
        linkedHubs: ["hub1.test"],
      },
    });
    expect(outcome).toEqual({
      kind: "answer",
      answer: {
        iotHubHostName: "hub1.test",
        initialTwin: undefined,
        payload: { hello: "device" },
      },
    });
  });

  test.each([
    [403, false],
    [404, false],
    [302, false],
    [204, false],
    [429, true],
    [500, true],
  ])("that answers %i is told by its number", async (status, isTransient) => {
    const outcome = await ask((_, response) => {
      response.writeHead(status, { location: "http://127.0.0.1:1/" }).end();
    });
    const reason = expect.stringContaining(String(status)) as string;
    expect(outcome).toEqual({ kind: "refused", isTransient, reason });
  });

  test.each([
    ["no JSON", "allocate it yourself"],
    ["no hub", "{}"],
    ["too much", `{"iotHubHostName":"h","payload":"${"x".repeat(200_000)}"}`],
  ])("that answers with %s is refused", async (_, text) => {
    const outcome = await ask((_request, response) => void response.end(text));
    expect(outcome).toMatchObject({ kind: "refused", isTransient: false });
  });

  test("that does not answer in time may be asked again", async () => {
    const outcome = await ask(() => undefined, 50);
    expect(outcome).toMatchObject({ kind: "refused", isTransient: true });
  });

  test("that is not there may be asked again", async () => {
    const definition = { webhookUrl: "http://127.0.0.1:1/", apiVersion: "2021-10-01" };
    const outcome = await new HttpWebhook(new ManualClock()).call(definition, request, 5000);
    expect(outcome).toMatchObject({ kind: "refused", isTransient: true });
  });
});
