import { connect, createServer } from "node:net";
import { once } from "node:events";
import { CapturedLog } from "@larimar/testkit";
import { describe, expect, test } from "vitest";
import { StartError } from "../start-error.ts";
import type { BindRequest } from "./bind-ports.ts";
import { bindPorts } from "./bind-ports.ts";
import { listen } from "./bound-port.ts";

const FREE = { mqtt: 0, amqp: 0, https: 0 };
const ADDRESSES = ["127.0.0.1", "127.0.0.2"];

/** As the operating system refuses, for these ports only. */
function refusing(code: string, ports: readonly number[]): typeof listen {
  return (address) => {
    if (!ports.includes(address.port)) return listen({ ...address, port: 0 });
    return Promise.reject(
      Object.assign(new Error(code), { code, port: address.port, address: address.host }),
    );
  };
}

async function failure(request: BindRequest, listenOn = listen): Promise<string> {
  const error: unknown = await bindPorts(request, listenOn).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  return (error as StartError).message;
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, "listening").then(() => true);
  server.listen({ host, port });
  const outcome = await listening.catch(() => false);
  server.close();
  return outcome;
}

describe("free ports", () => {
  test("are the same on every address, and different for every protocol", async () => {
    await using bound = await bindPorts({ ports: FREE, addresses: ADDRESSES });
    const { mqtt, amqp, https } = bound.ports;
    expect(new Set([mqtt, amqp, https, 0]).size).toBe(4);
    for (const host of ADDRESSES) {
      for (const port of [mqtt, amqp, https]) {
        const socket = connect({ host, port });
        await once(socket, "connect");
        socket.destroy();
      }
    }
  });

  test("on loopback are taken in whichever address families the machine has", async () => {
    await using bound = await bindPorts({ ports: FREE, addresses: undefined });
    expect(bound.addresses).toContain("127.0.0.1");
    for (const address of bound.addresses) {
      expect(await isFree(address, bound.ports.mqtt)).toBe(false);
    }
  });
});

describe("a port that is taken", () => {
  test("is named with the option that changes it, and every other port is given back", async () => {
    await using other = await bindPorts({ ports: FREE, addresses: ["127.0.0.2"] });
    await using probe = await bindPorts({ ports: FREE, addresses: ["127.0.0.1"] });
    const { mqtt } = probe.ports;
    await probe[Symbol.asyncDispose]();
    const ports = { mqtt, amqp: other.ports.amqp, https: 0 };
    expect(await failure({ ports, addresses: ADDRESSES })).toBe(
      `Port ${other.ports.amqp} on 127.0.0.2 is taken by another program; choose another with --amqp-port.`,
    );
    for (const host of ADDRESSES) expect(await isFree(host, mqtt)).toBe(true);
  });
});

describe("port 443 without the privilege for it", () => {
  const request = { ports: { ...FREE, https: 443 }, addresses: ["127.0.0.1"] };

  test("is replaced by 8443, which one line explains with two ways out", async () => {
    const asked: number[] = [];
    const refuse = refusing("EACCES", [443]);
    await using bound = await bindPorts(request, (address) => {
      asked.push(address.port);
      return refuse(address);
    });
    expect(asked).toEqual([0, 0, 443, 8443]);
    expect(bound.notices).toHaveLength(1);
    const [notice] = bound.notices;
    expect(notice).not.toContain("\n");
    for (const word of ["443", "8443", "ip_unprivileged_port_start", "--https-port"]) {
      expect(notice).toContain(word);
    }
  });

  test("stops the start when 8443 is taken as well", async () => {
    const listenOn: typeof listen = (address) =>
      refusing(address.port === 443 ? "EACCES" : "EADDRINUSE", [443, 8443])(address);
    expect(await failure(request, listenOn)).toContain("Port 8443 on 127.0.0.1 is taken");
  });

  test("stops the start for any other port that was asked for", async () => {
    const ports = { ...FREE, https: 80 };
    expect(await failure({ ...request, ports }, refusing("EACCES", [80]))).toBe(
      "Port 80 on 127.0.0.1 needs a privilege this process lacks; choose another with --https-port.",
    );
  });
});

test("an address the machine does not have is named with the option that brought it", async () => {
  expect(await failure({ ports: FREE, addresses: ["192.0.2.1"] })).toBe(
    "This machine has no address 192.0.2.1; check --bind.",
  );
});

describe("a connection that comes before the server is ready", () => {
  test("waits, and then brings what it has sent meanwhile", async () => {
    await using bound = await bindPorts({ ports: FREE, addresses: ["127.0.0.1"] });
    const { mqtt } = bound.byProtocol;
    const client = connect({ host: "127.0.0.1", port: mqtt.port });
    await once(client, "connect");
    client.write("early");
    const received = new Promise((resolve) => {
      // Given time to arrive, the bytes must still be unread when somebody starts to serve.
      setImmediate(() =>
        mqtt.serve({
          onSocket: (socket) => socket.once("data", (data) => resolve(String(data))).resume(),
          log: new CapturedLog(),
        }),
      );
    });
    expect(await received).toBe("early");
    client.destroy();
  });

  test("is closed when the start fails", async () => {
    const bound = await bindPorts({ ports: FREE, addresses: ["127.0.0.1"] });
    const client = connect({ host: "127.0.0.1", port: bound.ports.mqtt });
    client.on("error", () => undefined);
    await once(client, "connect");
    const closed = once(client, "close");
    await bound[Symbol.asyncDispose]();
    await closed;
    expect(await isFree("127.0.0.1", bound.ports.mqtt)).toBe(true);
  });
});
