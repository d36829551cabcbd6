import { availableParallelism } from "node:os";
import { parseArguments, UsageError, usage } from "./arguments.ts";
import { type Cores, stopAllContenders } from "./contender.ts";
import { runCommand } from "./processes/run-command.ts";
import { describeMachine } from "./report/machine.ts";
import type { ContestedPeer } from "./workloads/workload.ts";

const progress = (text: string) => process.stderr.write(`${text}\n`);

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (isStopping) process.exit(130);
    isStopping = true;
    void stopAllContenders().finally(() => process.exit(130));
  });
}

try {
  await main();
} catch (error) {
  if (error instanceof UsageError) {
    progress(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
  } else if (!isStopping) {
    progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const { workload, peers, options, isJson } = parseArguments(argv);
  const cores = await chooseCores();
  const contested: ContestedPeer[] = [];
  const skipped: { name: string; hint: string }[] = [];
  for (const peer of peers) {
    const probe = await peer.probe();
    if (probe.canRun) contested.push({ peer, version: probe.version });
    else {
      skipped.push({ name: peer.name, hint: probe.hint });
      progress(`${peer.name}: ${probe.hint}`);
    }
  }
  const report = await workload.run({ peers: contested, skipped, cores, options, progress });
  const command = `npm run bench -- ${argv.join(" ")}`;
  const date = new Date().toISOString().slice(0, 10);
  const machine = describeMachine();
  if (isJson) {
    const json = { command, date, machine, cores, options, workload: workload.name };
    process.stdout.write(`${JSON.stringify({ ...json, data: report.data }, null, 2)}\n`);
  } else {
    const heading = `\`${command}\`\n\n${date}, ${machine}; ${describeCores(cores)}.`;
    process.stdout.write(`${heading}\n\n${report.markdown}\n`);
  }
}

/** The first core for the server, the second for the load and for this process. */
async function chooseCores(): Promise<Cores> {
  if (availableParallelism() < 2) return { server: undefined, load: undefined };
  const pinned = await runCommand("taskset", ["--cpu-list", "--pid", "1", String(process.pid)]);
  if (pinned === undefined) {
    throw new Error(
      "cores are pinned with taskset: install util-linux (apt-get install util-linux)",
    );
  }
  return { server: 0, load: 1 };
}

function describeCores(cores: Cores): string {
  return cores.server === undefined
    ? "one core for everything, nothing pinned"
    : "server on one core, load on another";
}
