import { createSecureContext } from "node:tls";
import { LatencyHistogram } from "./latency-histogram.ts";
import { answerMethods } from "./answer-methods.ts";
import { LoadConnection } from "./mqtt/load-connection.ts";
import type {
  ConnectCommand,
  ConnectResult,
  GeneratorCommand,
  GeneratorReport,
} from "./messages.ts";
import { PatchLoop } from "./patch-loop.ts";
import { PublishLoop } from "./publish/publish-loop.ts";

// The process that makes the load. It lives on a core of its own and takes orders over IPC.

let connections: LoadConnection[] = [];

process.on("message", (command: GeneratorCommand) => {
  handle(command).catch((error: unknown) => {
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});
process.on("disconnect", () => process.exit(0));

async function handle(command: GeneratorCommand): Promise<void> {
  switch (command.kind) {
    case "connect":
      report({ kind: "connected", result: await connectAll(command) });
      break;
    case "run": {
      const loop = new PublishLoop(connections, command);
      const result = await loop.run((kind) => report({ kind }));
      for (const connection of connections) connection.onPuback = () => {};
      report({ kind: "ran", result });
      break;
    }
    case "patch": {
      const loop = new PatchLoop(connections, command);
      report({ kind: "ran", result: await loop.run((kind) => report({ kind })) });
      break;
    }
    case "disconnect":
      await Promise.all(connections.map((connection) => connection.close()));
      connections = [];
      report({ kind: "disconnected" });
      break;
  }
}

async function connectAll(command: ConnectCommand): Promise<ConnectResult> {
  const { target } = command;
  if (!target.host.startsWith("127.")) throw new Error("the load goes to loopback only");
  // One cipher for all peers, so that they are compared at the same cost per byte.
  const secureContext = createSecureContext({
    ca: target.caPem,
    minVersion: "TLSv1.3",
    ciphers: "TLS_AES_128_GCM_SHA256",
  });
  const latency = new LatencyHistogram();
  const errors: Record<string, number> = {};
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let next = 0;
  const connectNext = async () => {
    while (next < command.identities.length) {
      const identity = command.identities[next++]!;
      const beganMs = performance.now();
      try {
        const connection = await LoadConnection.open({
          target,
          identity,
          subscriptions: command.subscriptions,
          secureContext,
          timeoutMs: command.timeoutSeconds * 1000,
        });
        latency.recordMs(performance.now() - beganMs);
        if (command.answersMethods === true) answerMethods(connection);
        connections.push(connection);
      } catch (error) {
        const reason = (error as Error).message;
        errors[reason] = (errors[reason] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: command.handshakesMax }, connectNext));
  const cpu = process.cpuUsage(startedCpu);
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return {
    connected: command.identities.length - failed,
    failed,
    seconds: (performance.now() - startedMs) / 1000,
    latency: latency.summary(),
    generatorCpuSeconds: (cpu.user + cpu.system) / 1e6,
    errors,
  };
}

function report(message: GeneratorReport): void {
  process.send?.(message);
}
