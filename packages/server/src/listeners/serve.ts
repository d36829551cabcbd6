import type { Administration, Clock, HubDirectory, ProvisioningDirectory } from "@larimar/domain";
import type { Head } from "@larimar/heads";
import { createAmqpHead } from "@larimar/heads/amqp";
import { createHttpsHead } from "@larimar/heads/https";
import { createMqttHead } from "@larimar/heads/mqtt";
import { amqpAuthority } from "../connection/authority.ts";
import type { ServerLog } from "../log.ts";
import type { ServerCertificate } from "../tls/server-certificate.ts";
import type { BoundPorts, ProtocolName } from "./bind-ports.ts";
import { PROTOCOL_NAMES } from "./bind-ports.ts";
import { TlsListener } from "./tls-listener.ts";
import { WebSockets } from "./web-sockets.ts";

export interface ServeParts {
  readonly bound: BoundPorts;
  readonly certificate: ServerCertificate;
  readonly hubs: HubDirectory;
  readonly provisioning: ProvisioningDirectory;
  readonly administration: Administration;
  readonly adminToken: string;
  readonly clock: Clock;
  readonly log: ServerLog;
}

/** Puts a head behind each port. Disposing takes no more connections, then ends those that are there. */
export function serve(parts: ServeParts): AsyncDisposable {
  const { bound, certificate, hubs, provisioning, clock, log } = parts;
  let isServing = true;
  const logs = {
    mqtt: log.child({ subsystem: "mqtt" }),
    amqp: log.child({ subsystem: "amqp" }),
    https: log.child({ subsystem: "https" }),
  };
  const mqtt = createMqttHead({ hubs, provisioning, clock, log: logs.mqtt });
  const amqp = createAmqpHead({
    hubs,
    provisioning,
    clock,
    log: logs.amqp,
    amqpPort: () => bound.ports.amqp,
  });
  const https = createHttpsHead({
    hubs,
    provisioning,
    arm: {
      administration: parts.administration,
      token: parts.adminToken,
      amqpAuthority: (hostName) => amqpAuthority(hostName, bound.ports.amqp),
    },
    clock,
    log: logs.https,
    ready: () => isServing,
  });
  const webSockets = new WebSockets({ heads: { mqtt, amqp }, log: logs.https });
  https.onUpgrade((upgrade) => void webSockets.accept(upgrade));

  const heads: Readonly<Record<ProtocolName, Head>> = { mqtt, amqp, https };
  const listeners = PROTOCOL_NAMES.map((protocol) => {
    const listener = new TlsListener({
      certificate,
      onConnection: (stream, context) => heads[protocol].accept(stream, context),
      ...(protocol === "https" ? { alpnProtocol: "http/1.1" } : {}),
      log: logs[protocol],
    });
    const onSocket = listener.accept.bind(listener);
    bound.byProtocol[protocol].serve({ onSocket, log: logs[protocol] });
    return listener;
  });
  return {
    async [Symbol.asyncDispose]() {
      isServing = false;
      for (const protocol of PROTOCOL_NAMES) bound.byProtocol[protocol].stopAccepting();
      await Promise.all(Object.values(heads).map((head) => head[Symbol.asyncDispose]()));
      for (const listener of listeners) listener[Symbol.dispose]();
    },
  };
}
