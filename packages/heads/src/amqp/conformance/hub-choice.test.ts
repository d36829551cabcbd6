import type { Message } from "rhea";
import { describe, expect, test } from "vitest";
import type { TestOptions } from "../fixtures/amqp-test.fixture.ts";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";

// Protocol reference: service-facing 1.2, device-facing 1.2

const TWO_HUBS: TestOptions = {
  settings: { name: "first", hostNames: ["first.example"] },
  otherSettings: [{ name: "second", hostNames: ["second.example"] }],
};

const READ: Message = {
  message_id: "1",
  application_properties: { operation: "READ", type: "com.microsoft:eventhub", name: "" },
  body: "",
};

/** The hub that a management read without any name is about. */
async function hubMeant(
  options: TestOptions,
  hostName: string,
  of: number,
): Promise<string | undefined> {
  await using amqp = await AmqpTest.start(options);
  const client = await amqp.client({ hostName });
  const resource = amqp.hubs[of]!.settings.hostNames[0]!;
  await client.putToken(amqp.token({ resource }, amqp.hubs[of]));
  const answer = await client.request("$management", READ);
  return (answer.body as { name?: string }).name;
}

describe("a connection", () => {
  test("means the hub that its open names", async () => {
    expect(await hubMeant(TWO_HUBS, "second.example", 1)).toBe("second");
    expect(await hubMeant(TWO_HUBS, "SECOND.example:5671", 1)).toBe("second");
  });

  test("means the hub that TLS names before the one in its open", async () => {
    const options = { ...TWO_HUBS, serverName: "second.example" };
    expect(await hubMeant(options, "first.example", 1)).toBe("second");
  });

  test("means the one in its open when TLS names none", async () => {
    const options = { ...TWO_HUBS, serverName: "proxy.example" };
    expect(await hubMeant(options, "second.example", 1)).toBe("second");
  });

  test("means the default hub when it names none", async () => {
    expect(await hubMeant(TWO_HUBS, "elsewhere.example", 0)).toBe("first");
  });

  test("to a strict server by an unknown name reaches no hub of its own", async () => {
    await using amqp = await AmqpTest.start({ ...TWO_HUBS, isStrict: true });
    const client = await amqp.client({ hostName: "elsewhere.example" });
    await expect(client.receive({ source: "/messages/events/$management" })).rejects.toMatchObject({
      condition: "amqp:not-found",
    });
  });

  test("reaches the event hub that an address names, whatever hub it means itself", async () => {
    await using amqp = await AmqpTest.start(TWO_HUBS);
    const client = await amqp.client({ hostName: "first.example" });
    await client.putToken(amqp.token({ resource: "sb://first.example/second" }, amqp.hubs[1]));
    const source = "second/ConsumerGroups/$Default/Partitions/0";
    await expect(client.receive({ source })).resolves.toBeDefined();
  });
});
