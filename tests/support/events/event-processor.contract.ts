import { telemetrySource } from "@larimar/domain/fixtures";
import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../../grid/cell.ts";
import type { SDKS, SdkName } from "../../grid/sdks.ts";
import { PREPARE_MS_MAX } from "../programs/prepare.ts";
import type { Program } from "../programs/program.ts";

type EventsSdk = {
  [Name in SdkName]: (typeof SDKS)[Name]["kind"] extends "events" ? Name : never;
}[SdkName];

export interface EventProcessorSuite {
  readonly sdk: EventsSdk;
  readonly address: string;
  /** How it says that somebody else has taken a partition. */
  readonly ownershipLost: string;
  readonly sendingIntervalMs: number;
  /** When partitions of a reader that has said nothing for so long are free. */
  readonly expiryMs: number;
  start(env: Readonly<Record<string, string>>): Promise<Program>;
}

interface ProcessedEvent {
  readonly partition: string;
  readonly sequenceNumber: number;
  readonly body: string;
}

interface ProcessorState {
  readonly owned: readonly string[];
  readonly processed: readonly ProcessedEvent[];
  readonly closings: readonly string[];
  readonly errors: readonly string[];
}

const PARTITIONS = 4;
/** SDKs look at who has what every ten seconds, unless they are told otherwise. */
const INTERVAL_MS = 250;
const STORY_MS_MAX = 300_000;
/** A storage client whose call was lost waits for up to a minute before it asks again. */
const PATIENCE = { timeout: STORY_MS_MAX / 3, interval: 100 };

/**
 * The same expectations of every SDK whose readers share the partitions of a group: they keep who reads what,
 * and how far it is, in the server's own container.
 */
export function eventProcessorContract(suite: EventProcessorSuite): void {
  let server: TestServer;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const ports = { httpsPort: 443, amqpPort: 5671 };
    const { address } = suite;
    server = await startTestServer({
      config: { bind: [address], host: [address], partitions: PARTITIONS, ...ports },
    });
    const [hub] = server.server.hubs.list();
    await hub!.configuration.change({ consumerGroups: ["$Default", "tcp", "websocket"] });
    const { events, files } = server.connection.hubs[0]!;
    env = {
      CA_FILE: server.connection.caFile,
      EVENTS_CONNECTION_STRING: events.connectionString,
      FILES_CONNECTION_STRING: files.connectionString,
      FILES_CONTAINER_NAME: files.containerName,
    };
    // Whatever has to be downloaded is there before a test begins.
    await using _program = await suite.start(env);
  }, PREPARE_MS_MAX);

  afterAll(() => server?.[Symbol.asyncDispose]());

  // What is asked of the server is the same either way, so that each is tested over one of the transports.
  describe.each([
    { over: "AMQP", transport: "tcp", strategy: "balanced" },
    { over: "AMQP over WebSockets", transport: "websocket", strategy: "greedy" },
  ] as const)("over $over, $strategy", ({ over, transport, strategy }) => {
    const shown = cell({
      sdk: suite.sdk,
      transport: over,
      feature: "readers that share the partitions, with checkpoints",
    });

    test(
      "readers come, go and die, the others take over, and no event is left out",
      { ...shown, timeout: STORY_MS_MAX },
      async () => {
        const request = { transport, group: transport, strategy };
        const story = new Story(server, (program) =>
          program.call("beginProcessor", {
            ...request,
            intervalMs: INTERVAL_MS,
            expiryMs: suite.expiryMs,
          }),
        );
        await using team = new Team(() => suite.start(env), story);

        const first = await team.join();
        await team.whenShared([PARTITIONS]);
        await using sending = story.keepSending(suite.sendingIntervalMs);
        const second = await team.join();
        await team.whenShared([2, 2]);
        expect(await stateOf(first)).toMatchObject({
          closings: expect.arrayContaining([suite.ownershipLost]) as string[],
        });
        const third = await team.join();
        await team.whenShared([2, 1, 1]);

        await second.call("endProcessor");
        await team.leave(second);
        await team.whenShared([2, 2]);

        // Nobody could ask it afterwards what it had done.
        await sending[Symbol.asyncDispose]();
        await team.whenAllProcessed();
        await third.kill();
        await team.leave(third);
        await story.sendOne();
        await team.whenShared([PARTITIONS]);
        await team.whenAllProcessed();

        // Whoever comes after everybody has gone goes on where they were.
        await first.call("endProcessor");
        await team.leave(first);
        const before = story.sent.length;
        for (let round = 0; round < 3; round++) await story.sendOne();
        const last = await team.join();
        await team.whenAllProcessed();
        const { processed } = await stateOf(last);
        expect(bodiesOf(processed)).toEqual(story.sent.slice(before).toSorted());
      },
    );
  });
}

async function stateOf(program: Program): Promise<ProcessorState> {
  return (await program.call("state")) as ProcessorState;
}

function bodiesOf(events: readonly ProcessedEvent[]): readonly string[] {
  return events.map(({ body }) => body).toSorted();
}

/** What is sent while readers come and go. */
class Story {
  /** A body per event, none twice. */
  readonly sent: string[] = [];
  readonly begin: (program: Program) => Promise<unknown>;
  readonly #server: TestServer;

  constructor(server: TestServer, begin: (program: Program) => Promise<unknown>) {
    this.#server = server;
    this.begin = begin;
  }

  /** One event to each partition. */
  async sendOne(): Promise<void> {
    const [hub] = this.#server.server.hubs.list();
    const properties = { system: {}, application: new Map(), sizeBytes: 0 };
    await Promise.all(
      Array.from({ length: PARTITIONS }, (_, partition) => {
        const text = `${partition} ${this.sent.length} ${Math.random()}`;
        this.sent.push(text);
        const body = new TextEncoder().encode(text);
        const source = { ...telemetrySource(`sender-${partition}`), partition };
        return hub!.telemetry.accept(source, [{ properties, body }]);
      }),
    );
  }

  keepSending(intervalMs: number): AsyncDisposable {
    const stopped = new AbortController();
    const sending = (async () => {
      while (!stopped.signal.aborted) {
        await this.sendOne();
        await new Promise((resolve) => setTimeout(resolve, intervalMs));
      }
    })();
    return {
      [Symbol.asyncDispose]() {
        stopped.abort();
        return sending;
      },
    };
  }
}

/** The readers of one group. */
class Team implements AsyncDisposable {
  readonly #start: () => Promise<Program>;
  readonly #story: Story;
  readonly #members = new Set<Program>();
  /** What was processed by those who have left. */
  readonly #processed = new Set<string>();
  /** What each member said when it was asked last: one that died says nothing. */
  readonly #states = new Map<Program, ProcessorState>();

  constructor(start: () => Promise<Program>, story: Story) {
    this.#start = start;
    this.#story = story;
  }

  async join(): Promise<Program> {
    const program = await this.#start();
    this.#members.add(program);
    await this.#story.begin(program);
    return program;
  }

  /** Of one that has ended or was killed. */
  async leave(program: Program): Promise<void> {
    const last = await stateOf(program).catch(() => this.#states.get(program));
    for (const { body } of last?.processed ?? []) this.#processed.add(body);
    this.#members.delete(program);
    await program[Symbol.asyncDispose]();
  }

  /** Each partition has one reader, and the readers have that many each. */
  async whenShared(sizes: readonly number[]): Promise<void> {
    const shares = async () => {
      const owned = (await this.#look()).map((state) => state.owned);
      const counts = owned.map(({ length }) => length).toSorted((x, y) => y - x);
      return { partitions: new Set(owned.flat()).size, counts };
    };
    const expected = { partitions: PARTITIONS, counts: sizes };
    try {
      await expect.poll(shares, PATIENCE).toEqual(expected);
    } catch (cause) {
      const states = (await this.#look()).map(({ processed, ...state }) => ({
        ...state,
        processed: processed.length,
      }));
      throw new Error(`The readers stand at ${JSON.stringify(states)}`, { cause });
    }
  }

  async whenAllProcessed(): Promise<void> {
    const missing = async () => {
      const bodies = (await this.#look()).flatMap(({ processed }) => bodiesOf(processed));
      const all = new Set([...this.#processed, ...bodies]);
      return this.#story.sent.filter((body) => !all.has(body));
    };
    await expect.poll(missing, PATIENCE).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#members].map((program) => program[Symbol.asyncDispose]()));
  }

  #look(): Promise<readonly ProcessorState[]> {
    return Promise.all(
      [...this.#members].map(async (program) => {
        const state = await stateOf(program);
        this.#states.set(program, state);
        return state;
      }),
    );
  }
}
