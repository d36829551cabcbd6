import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HandshakeTurns } from "./handshake-turns.ts";

const NEVER_MS = 600_000;

let server: Server;
let sockets: Socket[];
let clients: Socket[];
let turns: HandshakeTurns | undefined;

beforeEach(async () => {
  sockets = [];
  clients = [];
  server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  turns?.[Symbol.dispose]();
  for (const socket of [...sockets, ...clients]) socket.destroy();
  server.close();
});

function takeTurns(limits: Partial<ConstructorParameters<typeof HandshakeTurns>[1]> = {}) {
  const begun: Socket[] = [];
  const all = { silenceMsMax: NEVER_MS, turnMsMax: NEVER_MS, ...limits };
  const made = new HandshakeTurns((socket) => begun.push(socket), all);
  turns = made;
  server.on("connection", (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    made.enter(socket);
  });
  return { begun, turns: made };
}

async function connectClient(said: string): Promise<Socket> {
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  clients.push(client);
  client.on("error", () => {});
  await once(client, "connect");
  if (said !== "") client.write(said);
  return client;
}

const portsOf = (some: readonly Socket[]) => some.map(({ remotePort }) => remotePort);

describe("turns for handshakes", () => {
  test("go to so many at once, then in order of arrival", async () => {
    const { begun, turns } = takeTurns({ turnsMax: 1 });
    const [first, second, third] = [
      await connectClient("a"),
      await connectClient("b"),
      await connectClient("c"),
    ];
    const readable = () => sockets.filter(({ readableLength }) => readableLength > 0);
    await expect.poll(() => readable().length).toBe(3);
    expect(portsOf(begun)).toEqual([first.localPort]);
    turns.leave(begun[0]!);
    expect(portsOf(begun)).toEqual([first.localPort, second.localPort]);
    turns.leave(begun[1]!);
    expect(portsOf(begun)).toEqual([first.localPort, second.localPort, third.localPort]);
  });

  test("are not for clients that have nothing to say yet", async () => {
    const { begun } = takeTurns({ turnsMax: 1 });
    await connectClient("");
    await expect.poll(() => sockets.length).toBe(1);
    const speaking = await connectClient("hello");
    await expect.poll(() => begun.length).toBe(1);
    expect(portsOf(begun)).toEqual([speaking.localPort]);
  });

  test("leave what the client said to whoever reads next", async () => {
    const { begun } = takeTurns();
    await connectClient("hello");
    await expect.poll(() => begun.length).toBe(1);
    expect((begun[0]!.read() as Buffer).toString()).toBe("hello");
  });

  test("are free again when the client goes", async () => {
    const { begun } = takeTurns({ turnsMax: 1 });
    const first = await connectClient("a");
    await expect.poll(() => begun.length).toBe(1);
    const second = await connectClient("b");
    begun[0]!.resume();
    first.destroy();
    await expect.poll(() => begun.length).toBe(2);
    expect(portsOf(begun).at(1)).toBe(second.localPort);
  });

  test("last only so long for a slow client, which goes on without", async () => {
    const { begun } = takeTurns({ turnsMax: 1, turnMsMax: 20 });
    await connectClient("slow");
    await connectClient("b");
    await expect.poll(() => begun.length).toBe(2);
    expect(begun[0]!.destroyed).toBe(false);
  });

  test("are not waited for in silence for ever", async () => {
    takeTurns({ silenceMsMax: 20 });
    const client = await connectClient("");
    await once(client, "close");
    expect(sockets[0]!.destroyed).toBe(true);
  });
});
