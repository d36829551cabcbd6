import { setImmediate as turnOfEventLoop } from "node:timers/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { LatencyHistogram } from "../load/latency-histogram.ts";
import { registerOverHttps } from "./https-registration.ts";
import { registerOverMqtt } from "./mqtt-registration.ts";
import type { StormDevice } from "./storm-device.ts";
import { prepareDevices } from "./storm-device.ts";
import type {
  StormCommand,
  StormGeneratorCommand,
  StormGeneratorReport,
  StormResult,
} from "./storm-messages.ts";

// The process that is all the devices. It lives on a core of its own and takes orders over IPC.

/** What devices do when a connection fails: try again, after a while, not for ever. */
const ATTEMPTS_MAX = 4;
const ATTEMPT_MS_MAX = 60_000;
const RETRY_DELAY_MS = 1000;
/**
 * Devices that begin in one turn of the event loop. Ten thousand in a single turn would keep this process from
 * reading a word of the server's for many seconds, which no fleet does.
 */
const BEGINNERS_PER_TURN = 32;

let devices: readonly StormDevice[] = [];

process.on("message", (command: StormGeneratorCommand) => {
  handle(command).catch((error: unknown) => {
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});
process.on("disconnect", () => process.exit(0));

async function handle(command: StormGeneratorCommand): Promise<void> {
  if (command.kind === "prepare") {
    devices = prepareDevices(command);
    report({ kind: "prepared" });
  } else report({ kind: "finished", result: await storm(command) });
}

async function storm(command: StormCommand): Promise<StormResult> {
  const { transport, target, simultaneousMax } = command;
  if (!target.host.startsWith("127.")) throw new Error("the load goes to loopback only");
  const shared = secureContextFor(target.caPem, undefined);
  const contexts = devices.map(({ certificate }) =>
    certificate === undefined ? shared : secureContextFor(target.caPem, certificate),
  );
  const register = transport === "mqtt" ? registerOverMqtt : registerOverHttps;
  const latency = new LatencyHistogram();
  const failures: Record<string, number> = {};
  const repeated: Record<string, number> = {};
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let assigned = 0;
  let next = 0;
  const registerNext = async () => {
    while (next < devices.length) {
      const index = next++;
      const device = devices[index]!;
      const secureContext = contexts[index]!;
      const beganMs = performance.now();
      for (let attempt = 1; ; attempt++) {
        try {
          await register(device, { target, secureContext, timeoutMs: ATTEMPT_MS_MAX });
          latency.recordMs(performance.now() - beganMs);
          assigned += 1;
          break;
        } catch (error) {
          const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
          const counts = attempt < ATTEMPTS_MAX ? repeated : failures;
          counts[reason] = (counts[reason] ?? 0) + 1;
          if (attempt === ATTEMPTS_MAX) break;
          await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
        }
      }
    }
  };
  const lines: Promise<void>[] = [];
  while (lines.length < simultaneousMax) {
    lines.push(registerNext());
    if (lines.length % BEGINNERS_PER_TURN === 0) await turnOfEventLoop();
  }
  await Promise.all(lines);
  const cpu = process.cpuUsage(startedCpu);
  return {
    assigned,
    failures,
    repeated,
    seconds: (performance.now() - startedMs) / 1000,
    latency: latency.summary(),
    generatorCpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

/** One cipher and one version, so that runs can be compared. */
function secureContextFor(ca: string, certificate: StormDevice["certificate"]): SecureContext {
  const ciphers = "TLS_AES_128_GCM_SHA256";
  return createSecureContext({ ca, minVersion: "TLSv1.3", ciphers, ...certificate });
}

function report(message: StormGeneratorReport): void {
  process.send?.(message);
}
