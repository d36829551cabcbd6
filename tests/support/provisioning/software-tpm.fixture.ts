import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { vi } from "vitest";

const READY_MS_MAX = 60_000;

/** Whether the Debian package `swtpm` is there. */
export function hasSoftwareTpm(): boolean {
  return spawnSync("swtpm", ["--version"]).status === 0;
}

/**
 * A TPM in software, behind the protocol that TSS libraries speak to simulators: swtpm itself takes bare
 * commands, the libraries frame them and want a second port to switch the power on.
 */
export class SoftwareTpm implements AsyncDisposable {
  readonly port: number;
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #servers: readonly Server[];
  readonly #sockets: Set<Socket>;

  private constructor(parts: {
    port: number;
    directory: string;
    process: ChildProcess;
    servers: readonly Server[];
    sockets: Set<Socket>;
  }) {
    this.port = parts.port;
    this.#directory = parts.directory;
    this.#process = parts.process;
    this.#servers = parts.servers;
    this.#sockets = parts.sockets;
  }

  static async start(): Promise<SoftwareTpm> {
    const directory = await mkdtemp(path.join(tmpdir(), "software-tpm-"));
    const rawPath = path.join(directory, "commands");
    const tpm = spawn(
      "swtpm",
      [
        "socket",
        "--tpm2",
        ...["--tpmstate", `dir=${directory}`],
        ...["--server", `type=unixio,path=${rawPath}`],
        ...["--ctrl", `type=unixio,path=${path.join(directory, "control")}`],
        ...["--flags", "not-need-init,startup-clear"],
      ],
      { stdio: "ignore" },
    );
    const raw = await vi.waitFor(() => connectTo(rawPath), { timeout: READY_MS_MAX });
    const sockets = new Set<Socket>([raw]);
    const keep = (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    };
    const [commands, platform] = await listenOnNeighbours(
      (socket) => {
        keep(socket);
        socket.on("data", frameReader(socket, raw));
      },
      (socket) => {
        keep(socket);
        // Whatever it wants to switch on is on already.
        socket.on("data", () => socket.write(Buffer.alloc(4)));
      },
    );
    const { port } = commands.address() as AddressInfo;
    return new SoftwareTpm({
      port,
      directory,
      process: tpm,
      servers: [commands, platform],
      sockets,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
    await rm(this.#directory, { recursive: true, force: true });
  }
}

const HANDSHAKE = 15;
const SEND_COMMAND = 8;
const SESSION_END = 20;

/** Commands of one client, one at a time: it waits for each answer. */
function frameReader(client: Socket, raw: Socket): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    const code = waiting.length < 4 ? undefined : waiting.readUInt32BE(0);
    if (code === SESSION_END) client.end();
    if (code === HANDSHAKE && waiting.length >= 8) {
      waiting = waiting.subarray(8);
      client.write(Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    }
    if (code !== SEND_COMMAND || waiting.length < 9) return;
    const end = 9 + waiting.readUInt32BE(5);
    if (waiting.length < end) return;
    const command = waiting.subarray(9, end);
    waiting = waiting.subarray(end);
    void exchange(raw, command).then((answer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(answer.length);
      client.write(Buffer.concat([length, answer, Buffer.alloc(4)]));
    });
  };
}

async function exchange(raw: Socket, command: Buffer): Promise<Buffer> {
  raw.write(command);
  let answer = Buffer.alloc(0);
  // An answer says its own length behind its tag.
  while (answer.length < 6 || answer.length < answer.readUInt32BE(2)) {
    const [chunk] = (await once(raw, "data")) as [Buffer];
    answer = Buffer.concat([answer, chunk]);
  }
  return answer;
}

async function connectTo(file: string): Promise<Socket> {
  const socket = connect(file);
  await once(socket, "connect");
  return socket;
}

/** Clients expect the second port right behind the first. */
async function listenOnNeighbours(
  onCommands: (socket: Socket) => void,
  onPlatform: (socket: Socket) => void,
): Promise<readonly [Server, Server]> {
  for (let attempt = 1; ; attempt++) {
    const commands = createServer(onCommands).listen(0, "127.0.0.1");
    await once(commands, "listening");
    const { port } = commands.address() as AddressInfo;
    const platform = createServer(onPlatform).listen(port + 1, "127.0.0.1");
    try {
      await once(platform, "listening");
      return [commands, platform];
    } catch (error) {
      commands.close();
      if (attempt === 10) throw error;
    }
  }
}
