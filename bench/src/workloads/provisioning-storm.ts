import { makeTestCertificate } from "@larimar/testkit";
import { coreBusySeconds } from "../processes/process-stats.ts";
import { startSilentWebhook } from "../provisioning/silent-webhook.ts";
import { StormGenerator } from "../provisioning/storm-generator.ts";
import type { StormCredentials, StormResult } from "../provisioning/storm-messages.ts";
import { StormServer } from "../provisioning/storm-server.ts";
import { formatCount, formatShare } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

const DEFAULT_DEVICES = 10_000;
/** They register first, so that no server is measured while it compiles what it does for the first time. */
const FORERUNNERS = 500;
/** More than the service asks webhooks for at once, so that some are waiting in line, too. */
const HELD_UP_DEVICES = 200;
const HELD_UP_MS_MAX = 30_000;

interface StormKind {
  readonly name: string;
  readonly transport: "mqtt" | "https";
  readonly proof: StormCredentials["kind"];
  readonly besideWebhook: boolean;
}

const STORMS: readonly StormKind[] = [
  { name: "derived keys, MQTT", transport: "mqtt", proof: "keys", besideWebhook: false },
  { name: "X.509, HTTPS", transport: "https", proof: "certificates", besideWebhook: false },
  {
    name: `derived keys, MQTT, while ${HELD_UP_DEVICES} others wait for a webhook`,
    transport: "mqtt",
    proof: "keys",
    besideWebhook: true,
  },
];

interface StormSample extends StormResult {
  readonly devices: number;
  /** Devices that the service does not know afterwards. */
  readonly lost: number;
  /** Identities in the hub beyond one for each device, and registrations of one device twice. */
  readonly twice: number;
  readonly registrationsPerSecond: number;
  readonly registrationsPerServerCoreSecond: number;
  readonly serverCoreShare: number;
  readonly generatorCoreShare: number;
  readonly othersCoreShare: number;
}

export const provisioningStorm: Workload = {
  name: "provisioning-storm",
  summary: "devices that all provision themselves at once (larimar alone)",

  async run(context: WorkloadContext) {
    const samples = new Map<string, StormSample[]>();
    for (let round = 1; round <= context.options.rounds; round++) {
      for (const kind of STORMS) {
        const sample = await runStorm(context, kind);
        samples.set(kind.name, [...(samples.get(kind.name) ?? []), sample]);
        const rate = Math.round(sample.registrationsPerSecond);
        const perCore = Math.round(sample.registrationsPerServerCoreSecond);
        const { lost, twice } = sample;
        context.progress(
          `${kind.name}: round ${round}: ${rate}/s, ${perCore} per server-core-second, ${lost} lost, ${twice} twice`,
        );
      }
    }
    return { markdown: describe(samples), data: { results: Object.fromEntries(samples) } };
  },
};

/** Each on a server of its own: what one leaves behind is no burden for the next. */
async function runStorm(context: WorkloadContext, kind: StormKind): Promise<StormSample> {
  const { cores, options } = context;
  const devices = options.connections ?? DEFAULT_DEVICES;
  await using server = await StormServer.start({ core: cores.server });
  await using generator = await StormGenerator.start({ core: cores.load });
  const credentials = await enroll(server, kind);
  const { idScope } = server;
  const target = server.target(kind.transport);
  const { transport } = kind;
  await generator.prepare({ idScope, prefix: "forerunner", count: FORERUNNERS, credentials });
  await generator.storm({ transport, target, simultaneousMax: FORERUNNERS });
  await generator.prepare({ idScope, prefix: "storm", count: devices, credentials });
  await using _heldUp = kind.besideWebhook ? await holdUp(context, server) : undefined;
  const busySeconds = () =>
    cores.server === undefined || cores.load === undefined
      ? 0
      : coreBusySeconds(cores.server) + coreBusySeconds(cores.load);
  const before = { cpuSeconds: server.larimar.cpuSeconds(), busySeconds: busySeconds() };
  const result = await generator.storm({
    transport,
    target,
    simultaneousMax: options.handshakesMax ?? devices,
  });
  const serverCpuSeconds = server.larimar.cpuSeconds() - before.cpuSeconds;
  const ownSeconds = serverCpuSeconds + result.generatorCpuSeconds;
  const { assigned, repeated } = await server.registrationsOf("storm");
  const identities = await server.identityCount();
  const expected = FORERUNNERS + devices;
  return {
    ...result,
    devices,
    lost: expected - (assigned - repeated),
    twice: repeated + Math.max(0, identities - expected),
    registrationsPerSecond: result.assigned / result.seconds,
    registrationsPerServerCoreSecond: result.assigned / serverCpuSeconds,
    serverCoreShare: serverCpuSeconds / result.seconds,
    generatorCoreShare: result.generatorCpuSeconds / result.seconds,
    othersCoreShare: Math.max(
      0,
      (busySeconds() - before.busySeconds - ownSeconds) / result.seconds,
    ),
  };
}

async function enroll(server: StormServer, { proof }: StormKind): Promise<StormCredentials> {
  if (proof === "keys") return { kind: "keys", groupKey: await server.enrollKeys("storm") };
  const issuer = await makeTestCertificate({ commonName: "Storm authority", isCa: true });
  await server.enrollCertificate("storm", issuer);
  return { kind: "certificates", issuer };
}

/** Devices whose webhook says nothing; in place when as many questions wait as the service asks at once. */
async function holdUp(context: WorkloadContext, server: StormServer): Promise<AsyncDisposable> {
  const webhook = await startSilentWebhook();
  const generator = await StormGenerator.start({ core: context.cores.load });
  const groupKey = await server.enrollKeys("held-up", webhook.url);
  await generator.prepare({
    idScope: server.idScope,
    prefix: "held-up",
    count: HELD_UP_DEVICES,
    credentials: { kind: "keys", groupKey },
  });
  const target = server.target("mqtt");
  const gaveUp = generator.storm({ transport: "mqtt", target, simultaneousMax: HELD_UP_DEVICES });
  gaveUp.catch(() => {});
  const endMs = performance.now() + HELD_UP_MS_MAX;
  let waiting = 0;
  // Until it grows no more.
  while (webhook.waiting === 0 || webhook.waiting > waiting) {
    if (performance.now() > endMs) throw new Error("nobody asked the webhook");
    waiting = webhook.waiting;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  context.progress(`${waiting} registrations wait for the webhook`);
  return {
    async [Symbol.asyncDispose]() {
      await generator[Symbol.asyncDispose]();
      await webhook[Symbol.asyncDispose]();
    },
  };
}

function describe(samples: ReadonlyMap<string, readonly StormSample[]>): string {
  const rows = [...samples].flatMap(([name, rounds]) =>
    rounds.map((sample) => [
      name,
      formatCount(sample.devices),
      formatCount(sample.lost),
      formatCount(sample.twice),
      formatCount(sample.registrationsPerSecond),
      formatCount(sample.registrationsPerServerCoreSecond),
      formatSeconds(sample.latency.p50Ms),
      formatSeconds(sample.latency.p99Ms),
      formatShare(sample.serverCoreShare),
      formatShare(sample.generatorCoreShare),
      formatShare(sample.othersCoreShare),
    ]),
  );
  const header = [
    "storm",
    "devices",
    "lost",
    "twice",
    "registrations/s",
    "per server-core-second",
    "p50 s",
    "p99 s",
    "server core",
    "load core",
    "others",
  ];
  return [markdownTable(header, rows), ...notesOn(samples)].join("\n\n");
}

function formatSeconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function notesOn(samples: ReadonlyMap<string, readonly StormSample[]>): string[] {
  return [...samples].flatMap(([name, rounds]) =>
    rounds.flatMap(({ repeated, failures }) => [
      ...notesOf(`${name}: tried again after`, repeated),
      ...notesOf(`${name}: gave up after`, failures),
    ]),
  );
}

function notesOf(what: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([reason, count]) => `- ${what} '${reason}': ${count}`);
}
