import type { Typed } from "rhea";
import rhea from "rhea";
import { describe, expect, test } from "vitest";
import { AmqpTest } from "./fixtures/amqp-test.fixture.ts";
import { bodyText, take } from "./fixtures/rhea-client.fixture.ts";

const PARTITION_0 = "local/ConsumerGroups/$Default/Partitions/0";

describe("the AMQP head", () => {
  test("delivers what is stored and what comes later to a reader", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["one", "two"]);
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION_0 });
    expect((await take(receiver, 2)).map(bodyText)).toEqual(["one", "two"]);
    await amqp.publish(0, ["three"]);
    expect((await take(receiver, 1)).map(bodyText)).toEqual(["three"]);
    expect(amqp.log.failures).toEqual([]);
  });

  test("answers a put-token with the id in the type it came in", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    const answer = await client.putToken(amqp.token(), {
      messageId: rhea.types.wrap_ulong(7) as Typed,
    });
    expect(answer.correlation_id).toBe(7);
    expect(answer.application_properties?.["status-code"]).toBe(200);
  });
});
