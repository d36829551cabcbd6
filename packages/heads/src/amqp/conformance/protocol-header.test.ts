import { AmqpReader } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import {
  AMQP_HEADER,
  OPEN,
  SASL_HEADER,
  bytes,
  composite,
  frame,
  symbol,
} from "../fixtures/raw-client.fixture.ts";

// AMQP 1.0 2.2 and 5.3; protocol reference: device-facing 4.1

const SASL_INIT = frame(composite(0x41, [symbol("ANONYMOUS"), bytes(Buffer.from("x"))]), {
  type: 1,
});

describe("the protocol header", () => {
  test("without SASL is answered in kind", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(AMQP_HEADER);
    expect(await client.take(8)).toEqual(AMQP_HEADER);
  });

  test("of SASL is answered with the mechanisms in the order of the hosted service", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(SASL_HEADER);
    expect(await client.take(8)).toEqual(SASL_HEADER);
    const offered = await client.frame();
    expect(offered).toMatchObject({ type: 1, channel: 0 });
    expect(new AmqpReader(offered!.body).readValue()).toEqual({
      kind: "described",
      descriptor: 0x40n,
      value: [["EXTERNAL", "MSSBCBS", "ANONYMOUS", "PLAIN"]],
    });
  });

  test("may come in pieces", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    for (const byte of Buffer.concat([AMQP_HEADER, OPEN])) client.send(Buffer.of(byte));
    expect(await client.take(8)).toEqual(AMQP_HEADER);
    expect(await client.performative()).toMatchObject({ kind: "open" });
  });

  test("may be followed by everything else without waiting for answers", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(SASL_HEADER, SASL_INIT, AMQP_HEADER, OPEN);
    expect(await client.take(8)).toEqual(SASL_HEADER);
    await client.frame(); // mechanisms
    const outcome = await client.frame();
    expect(new AmqpReader(outcome!.body).readValue()).toMatchObject({
      descriptor: 0x44n,
      value: [0],
    });
    expect(await client.take(8)).toEqual(AMQP_HEADER);
    expect(await client.performative()).toMatchObject({ kind: "open" });
  });

  test.each([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["MQTT", Buffer.from("101000044d51545404", "hex")],
    ["AMQP 0-9-1", Buffer.from("414d515000000901", "hex")],
    ["AMQP 2.0", Buffer.from("414d515000020000", "hex")],
    ["the TLS header of AMQP", Buffer.from("414d515002010000", "hex")],
    ["a single wrong byte", Buffer.from("B")],
  ])("that is %s is answered with the right one and the connection closed", async (_, header) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(header);
    expect(await client.take(8)).toEqual(SASL_HEADER);
    await client.ended();
    expect(amqp.log.failures).toEqual(["amqp:connection:framing-error"]);
  });

  test("of AMQP has to follow SASL", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(SASL_HEADER, SASL_INIT, SASL_HEADER);
    await client.take(8);
    await client.frame();
    await client.frame();
    expect(await client.take(8)).toEqual(AMQP_HEADER);
    await client.ended();
  });
});
