import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "./load/generator.ts";
import type { ConnectResult } from "./load/messages.ts";
import type { Peer, PeerStartOptions, RunningPeer } from "./peers/peer.ts";

/** The two cores a benchmark uses; undefined when the machine has only one and nothing is pinned. */
export interface Cores {
  server: number | undefined;
  load: number | undefined;
}

const running = new Set<Contender>();
const directories = new Set<string>();

// For ends that skip disposal, such as a second Ctrl-C or one during a start.
process.once("exit", () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A started peer with a load generator of its own, both gone without trace after disposal. */
export class Contender implements AsyncDisposable {
  readonly peer: Peer;
  readonly server: RunningPeer;
  readonly generator: Generator;
  readonly #directory: string;

  private constructor(options: {
    peer: Peer;
    server: RunningPeer;
    generator: Generator;
    directory: string;
  }) {
    this.peer = options.peer;
    this.server = options.server;
    this.generator = options.generator;
    this.#directory = options.directory;
    running.add(this);
  }

  static async start(options: {
    peer: Peer;
    cores: Cores;
    connectionsMax: number;
    tuneFor: PeerStartOptions["tuneFor"];
  }): Promise<Contender> {
    const { peer, cores, connectionsMax, tuneFor } = options;
    const directory = await mkdtemp(join(tmpdir(), `larimar-bench-${peer.name}-`));
    directories.add(directory);
    let server: RunningPeer | undefined;
    try {
      server = await peer.start({ directory, core: cores.server, connectionsMax, tuneFor });
      const generator = await Generator.start({ core: cores.load });
      return new Contender({ peer, server, generator, directory });
    } catch (error) {
      await server?.[Symbol.asyncDispose]();
      await removeDirectory(directory);
      throw error;
    }
  }

  /** Opens the connections and insists that every one of them was accepted. */
  async connect(options: {
    connections: number;
    handshakesMax: number;
    subscriptions?: string[];
  }): Promise<ConnectResult> {
    const result = await this.generator.connect({
      target: this.server.target,
      identities: await this.server.identities(options.connections),
      subscriptions: options.subscriptions ?? [],
      handshakesMax: options.handshakesMax,
      timeoutSeconds: 30,
    });
    if (result.failed > 0) {
      const reasons = JSON.stringify(result.errors);
      throw new Error(`${this.peer.name}: ${result.failed} connections failed: ${reasons}`);
    }
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    running.delete(this);
    await this.generator[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await removeDirectory(this.#directory);
  }
}

async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  directories.delete(directory);
}

/** For Ctrl-C: ends every server and generator that is still running. */
export async function stopAllContenders(): Promise<void> {
  await Promise.allSettled([...running].map((contender) => contender[Symbol.asyncDispose]()));
}
