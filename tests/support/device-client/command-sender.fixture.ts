import type { TestServer } from "@larimar/testkit";
import { expect } from "vitest";

type Hub = ReturnType<TestServer["server"]["hubs"]["list"]>[number];

/** A back end that sends commands and wants to hear everything about them. */
export class CommandSender {
  readonly #hub: Hub;
  readonly #heard = new Map<string, Record<string, string>>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** The text is the body and the message id at once. */
  async send(
    deviceId: string,
    text: string,
    properties: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const body = new TextEncoder().encode(text);
    const system = {
      messageId: text,
      correlationId: `about-${text}`,
      contentType: "text/plain",
      contentEncoding: "utf-8",
    };
    const application = new Map(Object.entries(properties));
    const message = { body, properties: { system, application, sizeBytes: 100 } };
    await this.#hub.commands.send({ key: { deviceId }, message, ack: "full" });
  }

  /** What became of the device's commands, by message id, each told once; waits for that many. */
  async outcomes(deviceId: string, count: number): Promise<Readonly<Record<string, string>>> {
    const own = () => this.#heard.get(deviceId) ?? {};
    const collectAndCount = async () => {
      await this.#collect();
      return Object.keys(own()).length;
    };
    await expect.poll(collectAndCount).toBeGreaterThanOrEqual(count);
    const outcomes = own();
    this.#heard.delete(deviceId);
    return outcomes;
  }

  async #collect(): Promise<void> {
    const batch = await this.#hub.feedback.receive();
    if (batch === undefined) return;
    for (const { deviceId, originalMessageId, outcome } of batch.records) {
      const heard = this.#heard.get(deviceId) ?? {};
      heard[originalMessageId] = outcome;
      this.#heard.set(deviceId, heard);
    }
    await this.#hub.feedback.complete(batch.lockToken);
  }
}
