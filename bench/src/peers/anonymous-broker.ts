import type { LoadTarget } from "../load/messages.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { anonymousIdentities } from "./anonymous-identities.ts";
import type { PeerCertificate } from "./certificate.ts";
import type { RunningPeer } from "./peer.ts";

/** A broker that lets anybody in, once it takes connections; one that never does is ended. */
export async function anonymousBroker(options: {
  readonly server: ServerProcess;
  readonly host: string;
  readonly port: number;
  readonly certificate: PeerCertificate;
  readonly startMsMax: number;
  /** What it needs to be told before the load comes. */
  readonly prepare?: (target: LoadTarget) => Promise<void>;
  /** Instead of ending the server alone. */
  readonly stop?: () => Promise<void>;
}): Promise<RunningPeer> {
  const { server, host, port, certificate, startMsMax, prepare } = options;
  const stop = options.stop ?? (() => server[Symbol.asyncDispose]());
  const target = { host, port, servername: "localhost", caPem: certificate.caPem };
  try {
    await server.waitForPort(target, startMsMax);
    await prepare?.(target);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    target,
    identities: async (count) => anonymousIdentities(count),
    cpuSeconds: () => server.cpuSeconds(),
    rssBytes: () => server.rssBytes(),
    [Symbol.asyncDispose]: stop,
  };
}
