import { LatencyHistogram } from "./latency-histogram.ts";
import type { LoadConnection } from "./mqtt/load-connection.ts";
import type { PatchCommand, RunResult } from "./messages.ts";
import { encodePublishQos0 } from "./mqtt/mqtt-packets.ts";
import { until } from "./until.ts";

const PUBLISH_QOS0_FIRST_BYTE = 0x30;
const TOPIC = "$iothub/twin/PATCH/properties/reported/?$rid=";
const ANSWER = /^\$iothub\/twin\/res\/(\d+)\/\?\$rid=(\d+)/;
const DRAIN_MS_MAX = 10_000;

/** Devices that report properties for one run: each has so many patches unanswered, and sends the next for each answer. */
export class PatchLoop {
  readonly #connections: readonly LoadConnection[];
  readonly #command: PatchCommand;
  readonly #latency = new LatencyHistogram();
  readonly #sentAtMs = new Map<number, number>();
  readonly #errors: Record<string, number> = {};
  #isInWindow = false;
  #isSending = true;
  #lastRequestId = 0;
  #answered = 0;
  #connectionsLost = 0;

  constructor(connections: readonly LoadConnection[], command: PatchCommand) {
    this.#connections = connections;
    this.#command = command;
  }

  async run(onMilestone: (kind: "window-opened" | "window-closed") => void): Promise<RunResult> {
    const { inFlight, warmupSeconds, seconds } = this.#command;
    const windowStartMs = performance.now() + warmupSeconds * 1000;
    const windowEndMs = windowStartMs + seconds * 1000;
    for (const connection of this.#connections) {
      connection.onPacket = (firstByte, body) => this.#read(connection, firstByte, body);
      connection.onLost = (reason) => {
        this.#connectionsLost += 1;
        this.#count(reason);
      };
      for (let n = 0; n < inFlight; n++) this.#send(connection);
    }
    await until(() => performance.now() >= windowStartMs);
    this.#isInWindow = true;
    onMilestone("window-opened");
    const openedMs = performance.now();
    const openedCpu = process.cpuUsage();
    await until(() => performance.now() >= windowEndMs);
    this.#isInWindow = false;
    const measuredSeconds = (performance.now() - openedMs) / 1000;
    const cpu = process.cpuUsage(openedCpu);
    onMilestone("window-closed");
    this.#isSending = false;
    const drainEndMs = performance.now() + DRAIN_MS_MAX;
    await until(() => this.#sentAtMs.size === 0 || performance.now() >= drainEndMs);
    for (const connection of this.#connections) connection.onPacket = () => {};
    return {
      acknowledged: this.#answered,
      seconds: measuredSeconds,
      latency: this.#latency.summary(),
      generatorCpuSeconds: (cpu.user + cpu.system) / 1e6,
      unacknowledged: this.#sentAtMs.size,
      connectionsLost: this.#connectionsLost,
      errors: this.#errors,
    };
  }

  #send(connection: LoadConnection): void {
    if (!this.#isSending || !connection.isOpen) return;
    const requestId = ++this.#lastRequestId;
    // Something else each time, as what a device reports is.
    const patch = { temperature: requestId / 10, fan: { speed: requestId % 3000, isOn: true } };
    this.#sentAtMs.set(requestId, performance.now());
    connection.write(encodePublishQos0(`${TOPIC}${requestId}`, Buffer.from(JSON.stringify(patch))));
  }

  /** Answers to patches; what else comes, such as desired properties, is not waited for here. */
  #read(connection: LoadConnection, firstByte: number, body: Uint8Array): void {
    if (firstByte !== PUBLISH_QOS0_FIRST_BYTE) return;
    const topicEnd = 2 + ((body[0]! << 8) | body[1]!);
    const topic = Buffer.from(body.buffer, body.byteOffset + 2, topicEnd - 2).toString("latin1");
    const [, status, id] = ANSWER.exec(topic) ?? [];
    const sentAtMs = this.#sentAtMs.get(Number(id));
    if (sentAtMs === undefined) return;
    this.#sentAtMs.delete(Number(id));
    if (status !== "204") this.#count(`status ${status}`);
    else if (this.#isInWindow) {
      this.#answered += 1;
      this.#latency.recordMs(performance.now() - sentAtMs);
    }
    this.#send(connection);
  }

  #count(reason: string): void {
    this.#errors[reason] = (this.#errors[reason] ?? 0) + 1;
  }
}
