import { encodePublishQos1 } from "../load/mqtt/mqtt-packets.ts";
import { median } from "../report/median.ts";
import { BarePath } from "./bare-path.ts";
import { RealPath } from "./real-path.ts";

// Measures the real path in multiples of the bare one and prints the median of many interleaved pairs. In a
// process of its own, with nothing else compiled or collected in it. With an argument, so many per cent of the
// bare path's work are added to the real one's, to show that the guard notices.

const MESSAGES_PER_READ = 16;
const READS_PER_SLICE = 400;
const WARM_UP_SLICES = 40;
const SLICES = 160;
const PAYLOAD_BYTES = 256;
const DEVICE_ID = "device-00001";
const TOPIC = `devices/${DEVICE_ID}/messages/events/%24.ct=application%2Fjson&%24.ce=utf-8`;

const slowdownShare = Number(process.argv[2] ?? 0) / 100;
const chunk = Buffer.concat(
  Array.from({ length: MESSAGES_PER_READ }, (_, index) =>
    encodePublishQos1({
      topic: TOPIC,
      packetId: index + 1,
      payload: Buffer.alloc(PAYLOAD_BYTES, index),
    }),
  ),
);
const bare = new BarePath(TOPIC);
const real = await RealPath.connect(DEVICE_ID);
const extra = new BarePath(TOPIC);

const ratios: number[] = [];
for (let slice = 0; slice < WARM_UP_SLICES + SLICES; slice++) {
  const bareMicroseconds = await measure(() => void bare.take(chunk));
  const lastRatio = ratios.length === 0 ? 2 : median(ratios);
  let owed = 0;
  const realMicroseconds = await measure(() => {
    real.take(chunk);
    owed += slowdownShare * lastRatio;
    for (; owed >= 1; owed--) void extra.take(chunk);
  });
  if (slice >= WARM_UP_SLICES) ratios.push(realMicroseconds / bareMicroseconds);
}
const messages = (WARM_UP_SLICES + SLICES) * READS_PER_SLICE * MESSAGES_PER_READ;
if (bare.acknowledged !== messages || real.acknowledged !== messages) {
  throw new Error(`acknowledged ${real.acknowledged} and ${bare.acknowledged} of ${messages}`);
}
process.stdout.write(`${JSON.stringify({ ratio: median(ratios) })}\n`);
process.exit(0);

/** CPU time of the process for one slice, promises and immediates included. */
async function measure(read: () => void): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < READS_PER_SLICE; n++) {
    read();
    if (n % 8 === 7) await Promise.resolve();
  }
  await new Promise((resolve) => setImmediate(resolve));
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
