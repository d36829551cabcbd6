import { formatCount } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { onOwnServer, secondsOf } from "../measuring/own-server.ts";
import type { Workload } from "./workload.ts";

const DEFAULT_DEVICES = 10_000;
/** Requests of a hundred devices each that are under way at once. */
const REQUESTS_AT_ONCE = [1, 32];

interface Sample {
  readonly requestsAtOnce: number;
  readonly devices: number;
  readonly seconds: number;
  readonly devicesPerSecond: number;
  readonly serverCpuSeconds: number;
}

export const bulkCreate: Workload = {
  name: "bulk-create",
  summary: "devices created a hundred at a time (larimar alone)",

  async run(context) {
    const devices = context.options.devices ?? DEFAULT_DEVICES;
    const samples: Sample[] = [];
    for (let round = 1; round <= context.options.rounds; round++) {
      for (const requestsAtOnce of REQUESTS_AT_ONCE) {
        const sample = await onOwnServer(context, async (server): Promise<Sample> => {
          const cpuBefore = server.cpuSeconds();
          const seconds = await secondsOf(() =>
            server.client.createMany(devices, () => {}, requestsAtOnce),
          );
          const serverCpuSeconds = server.cpuSeconds() - cpuBefore;
          const devicesPerSecond = devices / seconds;
          return { requestsAtOnce, devices, seconds, devicesPerSecond, serverCpuSeconds };
        });
        samples.push(sample);
        const rate = Math.round(sample.devicesPerSecond);
        context.progress(`round ${round}, ${requestsAtOnce} at once: ${rate}/s`);
      }
    }
    const header = ["requests at once", "devices", "seconds", "devices/s", "server CPU s"];
    const rows = samples.map((sample) => [
      String(sample.requestsAtOnce),
      formatCount(sample.devices),
      sample.seconds.toFixed(1),
      formatCount(sample.devicesPerSecond),
      sample.serverCpuSeconds.toFixed(1),
    ]);
    return { markdown: markdownTable(header, rows), data: { samples } };
  },
};
