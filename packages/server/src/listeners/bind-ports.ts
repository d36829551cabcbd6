import type { Server } from "node:net";
import { networkInterfaces } from "node:os";
import { StartError } from "../start-error.ts";
import { BoundPort, listen, portOf } from "./bound-port.ts";

export const PROTOCOL_NAMES = ["mqtt", "amqp", "https"] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];
export type Ports = Readonly<Record<ProtocolName, number>>;

export interface BindRequest {
  readonly ports: Ports;
  /** Undefined means loopback, in whichever families this machine has. */
  readonly addresses: readonly string[] | undefined;
}

export interface BoundPorts extends AsyncDisposable {
  readonly addresses: readonly string[];
  readonly ports: Ports;
  readonly byProtocol: Readonly<Record<ProtocolName, BoundPort>>;
  /** What the person who started the server should know. */
  readonly notices: readonly string[];
}

const HTTPS_PORT = 443;
const UNPRIVILEGED_HTTPS_PORT = 8443;
/** A port that is free on one address may be taken on the next; then another one is tried. */
const FREE_PORT_ATTEMPTS_MAX = 20;

/** Takes every port or none, before anything else of a start happens. Throws `StartError`. */
export async function bindPorts(
  request: BindRequest,
  listenOn: typeof listen = listen,
): Promise<BoundPorts> {
  const bindPort = (port: number) => bindEverywhere(addresses, port, listenOn);
  const addresses = request.addresses ?? availableLoopback();
  const notices: string[] = [];
  const bound: Partial<Record<ProtocolName, BoundPort>> = {};
  const release = async () => {
    await Promise.all(Object.values(bound).map((port) => port[Symbol.asyncDispose]()));
  };
  try {
    for (const protocol of PROTOCOL_NAMES) {
      const port = request.ports[protocol];
      bound[protocol] = await bindPort(port).catch((error: unknown) => {
        if (port !== HTTPS_PORT || codeOf(error) !== "EACCES") throw toStartError(error, protocol);
        notices.push(WITHOUT_443);
        return bindPort(UNPRIVILEGED_HTTPS_PORT).catch((second: unknown) => {
          throw toStartError(second, protocol);
        });
      });
    }
  } catch (error) {
    await release();
    throw error;
  }
  const { mqtt, amqp, https } = bound as Record<ProtocolName, BoundPort>;
  return {
    addresses,
    ports: { mqtt: mqtt.port, amqp: amqp.port, https: https.port },
    byProtocol: { mqtt, amqp, https },
    notices,
    [Symbol.asyncDispose]: release,
  };
}

const WITHOUT_443 =
  `Port ${HTTPS_PORT} needs a privilege this process lacks, so HTTPS and WebSockets are served at ` +
  `${UNPRIVILEGED_HTTPS_PORT}; SDKs only know ${HTTPS_PORT}: allow it with ` +
  `\`sudo sysctl net.ipv4.ip_unprivileged_port_start=${HTTPS_PORT}\`, or forward it to a port given by --https-port.`;

function availableLoopback(): readonly string[] {
  const local = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const hasIpv6 = local.some(({ address }) => address === "::1");
  return hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
}

/** The same port on every address. */
async function bindEverywhere(
  addresses: readonly string[],
  port: number,
  listenOn: typeof listen,
): Promise<BoundPort> {
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    let address = "";
    try {
      for (address of addresses) {
        const chosen = servers[0] === undefined ? port : portOf(servers[0]);
        // `::` alone serves both families; beside 0.0.0.0 it must leave the other one to it.
        const ipv6Only = addresses.includes("0.0.0.0");
        servers.push(await listenOn({ host: address, port: chosen, ipv6Only }));
      }
      return new BoundPort(portOf(servers[0]!), servers);
    } catch (error) {
      for (const server of servers) server.close();
      const mayTryAnother = port === 0 && servers.length > 0 && attempt < FREE_PORT_ATTEMPTS_MAX;
      if (!mayTryAnother) throw error;
    }
  }
}

function toStartError(error: unknown, protocol: ProtocolName): StartError {
  const { port, address } = error as { port?: number; address?: string };
  const place = `Port ${port} on ${address}`;
  const flag = `--${protocol}-port`;
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new StartError(`${place} is taken by another program; choose another with ${flag}.`);
    case "EACCES":
      return new StartError(
        `${place} needs a privilege this process lacks; choose another with ${flag}.`,
      );
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return new StartError(`This machine has no address ${address}; check --bind.`);
    default:
      return new StartError(`${place} cannot be listened on (${codeOf(error)}).`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
