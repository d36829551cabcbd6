import { Contender } from "../contender.ts";
import { CoreWatch } from "../measuring/core-watch.ts";
import { EventReceiver, type EventsAccess } from "../events/event-receiver.ts";
import { formatCount, formatRatio, formatShare } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { median } from "../report/median.ts";
import type { Shape, Workload, WorkloadContext } from "./workload.ts";

const DEFAULT_SHAPE: Shape = { connections: 50, inFlight: 16 };
const HANDSHAKES_MAX = 64;
/** Each round stores so many events and reads them. */
const EVENTS_PER_ROUND = 400_000;
const DELIVERY_MS_MAX = 120_000;

interface PhaseSample {
  perSecond: number;
  perServerCoreSecond: number;
  serverCoreShare: number;
}

interface Round {
  ingestion: PhaseSample;
  /** All of it read afterwards, from disk. */
  delivery: PhaseSample;
  /** Acknowledgements while a reader receives every event as it comes. */
  ingestionWithReader: PhaseSample;
}

export const eventsDelivery: Workload = {
  name: "events-delivery",
  summary: "a raw AMQP reader of all partitions: stored events, and events as they come",

  async run(context: WorkloadContext) {
    const results: { name: string; rounds: Round[] }[] = [];
    for (const { peer } of context.peers) {
      const rounds = await measure(context, peer);
      if (rounds === undefined) context.progress(`${peer.name}: has no events endpoint`);
      else results.push({ name: peer.name, rounds });
    }
    const { payloadBytes } = context.options;
    const title = `**${formatCount(EVENTS_PER_ROUND)} events of ${payloadBytes} B a round**, medians of ${context.options.rounds} rounds`;
    return {
      markdown: [title, ...results.map(({ name, rounds }) => table(name, rounds))].join("\n\n"),
      data: { results },
    };
  },
};

async function measure(
  context: WorkloadContext,
  peer: WorkloadContext["peers"][number]["peer"],
): Promise<Round[] | undefined> {
  const shape = context.options.shapes?.[0] ?? DEFAULT_SHAPE;
  await using contender = await Contender.start({
    peer,
    cores: context.cores,
    connectionsMax: shape.connections,
    tuneFor: "throughput",
  });
  const access = contender.server.eventsAccess?.();
  if (access === undefined) return undefined;
  await contender.connect({ connections: shape.connections, handshakesMax: HANDSHAKES_MAX });
  const rounds: Round[] = [];
  for (let number = 1; number <= context.options.rounds; number++) {
    const round = await measureRound(contender, access, shape, context);
    rounds.push(round);
    const { ingestion, delivery, ingestionWithReader } = round;
    context.progress(
      `${peer.name}: round ${number}: ${[ingestion, delivery, ingestionWithReader]
        .map(({ perServerCoreSecond }) => formatCount(perServerCoreSecond))
        .join(", ")} per server-core-second`,
    );
  }
  return rounds;
}

async function measureRound(
  contender: Contender,
  access: EventsAccess,
  { inFlight }: Shape,
  { cores, options }: WorkloadContext,
): Promise<Round> {
  const fromHere = () => `amqp.annotation.x-opt-enqueued-time > '${Date.now()}'`;
  const command = { inFlight, payloadBytes: options.payloadBytes, warmupSeconds: 0 };
  const begin = fromHere();
  const tillAllAreSent = { ...command, seconds: 300, messagesMax: EVENTS_PER_ROUND };
  const ingestion = await watched(contender, cores, async () => {
    const { acknowledged } = await contender.generator.run(tillAllAreSent, () => {});
    return acknowledged;
  });
  const delivery = await watched(contender, cores, async () => {
    using receiver = await EventReceiver.open(access, begin);
    await receiver.until(EVENTS_PER_ROUND, DELIVERY_MS_MAX);
    return receiver.received;
  });
  using reader = await EventReceiver.open(access, fromHere());
  const ingestionWithReader = await watched(contender, cores, async () => {
    const { acknowledged } = await contender.generator.run(tillAllAreSent, () => {});
    await reader.until(EVENTS_PER_ROUND, DELIVERY_MS_MAX);
    return acknowledged;
  });
  return { ingestion, delivery, ingestionWithReader };
}

async function watched(
  contender: Contender,
  cores: WorkloadContext["cores"],
  phase: () => Promise<number>,
): Promise<PhaseSample> {
  const watch = new CoreWatch(contender, cores);
  const count = await phase();
  watch.stop();
  return {
    perSecond: count / watch.seconds,
    perServerCoreSecond: count / watch.serverCpuSeconds,
    serverCoreShare: watch.serverCpuSeconds / watch.seconds,
  };
}

function table(name: string, rounds: readonly Round[]): string {
  const reference = median(rounds.map(({ ingestion }) => ingestion.perServerCoreSecond));
  const row = (what: string, pick: (round: Round) => PhaseSample) => {
    const samples = rounds.map(pick);
    const perCore = samples.map(({ perServerCoreSecond }) => perServerCoreSecond);
    return [
      what,
      formatCount(median(samples.map(({ perSecond }) => perSecond))),
      formatCount(median(perCore)),
      `${formatCount(Math.min(...perCore))}–${formatCount(Math.max(...perCore))}`,
      formatRatio(median(perCore), reference),
      formatShare(median(samples.map(({ serverCoreShare }) => serverCoreShare))),
    ];
  };
  return markdownTable(
    [name, "events/s", "per server-core-second", "lowest–highest", "vs ingestion", "server core"],
    [
      row("acknowledged, nobody reads", ({ ingestion }) => ingestion),
      row("delivered from disk", ({ delivery }) => delivery),
      row("acknowledged and delivered", ({ ingestionWithReader }) => ingestionWithReader),
    ],
  );
}
