import type { RunningLarimar } from "../peers/larimar.ts";
import { formatCount } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { onOwnServer, secondsOf } from "../measuring/own-server.ts";
import type { Workload } from "./workload.ts";

const DEFAULT_DEVICES = 10_000;
const ASK_INTERVAL_MS = 50;

interface Job {
  readonly status: string;
  readonly deviceJobStatistics: { readonly succeededCount: number };
}

interface Sample {
  readonly devices: number;
  readonly seconds: number;
  readonly devicesPerSecond: number;
  readonly serverCpuSeconds: number;
}

export const twinJob: Workload = {
  name: "twin-job",
  summary: "one scheduled job that changes the twins of all devices (larimar alone)",

  async run(context) {
    const devices = context.options.devices ?? DEFAULT_DEVICES;
    const samples: Sample[] = [];
    for (let round = 1; round <= context.options.rounds; round++) {
      const sample = await onOwnServer(context, async (server): Promise<Sample> => {
        await server.createMany(devices, () => {});
        const cpuBefore = server.cpuSeconds();
        const seconds = await secondsOf(() => runJob(server, devices));
        const serverCpuSeconds = server.cpuSeconds() - cpuBefore;
        return { devices, seconds, devicesPerSecond: devices / seconds, serverCpuSeconds };
      });
      samples.push(sample);
      context.progress(`round ${round}: ${sample.seconds.toFixed(1)} s`);
    }
    const header = ["devices", "seconds", "devices/s", "server CPU s"];
    const rows = samples.map((sample) => [
      formatCount(sample.devices),
      sample.seconds.toFixed(1),
      formatCount(sample.devicesPerSecond),
      sample.serverCpuSeconds.toFixed(1),
    ]);
    return { markdown: markdownTable(header, rows), data: { samples } };
  },
};

/** From the request that schedules it to the answer that it is completed, for every device. */
async function runJob(server: RunningLarimar, devices: number): Promise<void> {
  await server.client.call({
    method: "PUT",
    path: "/jobs/v2/job",
    body: {
      type: "scheduleUpdateTwin",
      queryCondition: "*",
      updateTwin: { etag: "*", tags: { hall: 3 }, properties: { desired: { fan: "on" } } },
    },
  });
  for (;;) {
    const job = (await server.client.call({ method: "GET", path: "/jobs/v2/job" })) as Job;
    if (job.status === "completed") {
      const { succeededCount } = job.deviceJobStatistics;
      if (succeededCount !== devices) throw new Error(`${succeededCount} devices of ${devices}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_INTERVAL_MS));
  }
}
