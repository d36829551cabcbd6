import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import type { Clock, HubDirectory, ProvisioningDirectory, Secrets } from "@larimar/domain";
import { createHubDirectory } from "@larimar/domain";
import { openStorage } from "@larimar/storage";
import { createEventEncoder } from "@larimar/wire";
import { NodeCertificates } from "./certificates/node-certificates.ts";
import type { Config } from "./config/config-schema.ts";
import { keepAdminToken } from "./connection/admin-token.ts";
import { writeConnectionFile } from "./connection/connection-file.ts";
import type { ConnectionInfo } from "./connection/connection-info.ts";
import { describeConnection } from "./connection/connection-info.ts";
import { openHub } from "./hubs/open-hub.ts";
import { settleHubs } from "./hubs/settle-hubs.ts";
import type { Ports } from "./listeners/bind-ports.ts";
import { bindPorts } from "./listeners/bind-ports.ts";
import { serve } from "./listeners/serve.ts";
import type { ServerLog } from "./log.ts";
import { createLogger } from "./log.ts";
import { Owned } from "./owned.ts";
import { openProvisioning } from "./provisioning/open-provisioning.ts";
import { settleProvisioning } from "./provisioning/settle-provisioning.ts";
import { NodeSecrets } from "./secrets/node-secrets.ts";
import { fileStorageOf } from "./uploads/file-storage.ts";
import { systemClock } from "./time/system-clock.ts";
import { certificateNames, serverNames } from "./tls/certificate-names.ts";
import { OperatorFiles } from "./tls/operator-files.ts";
import { OwnAuthority, prepareAuthority } from "./tls/own-authority.ts";
import { ServerCertificate } from "./tls/server-certificate.ts";

/** What tests bring in place of the real thing. */
export interface ServerParts {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly log: ServerLog;
  readonly openStorage: typeof openStorage;
}

export interface RunningServer extends AsyncDisposable {
  readonly connection: ConnectionInfo;
  readonly connectionFile: string;
  /** Where connection.json and the CA are; a temporary place for an ephemeral server. */
  readonly directory: string;
  readonly ports: Ports;
  readonly hubs: HubDirectory;
  readonly provisioning: ProvisioningDirectory;
  /** What the person who started it should know. */
  readonly notices: readonly string[];
}

const HOUR_MS = 60 * 60 * 1000;
const MIB = 1024 * 1024;

/**
 * The composition root: everything is made here, handed on as arguments, and disposed of in reverse. Throws
 * `StartError` or `StorageError`, and then has left nothing behind.
 */
export async function startServer(
  config: Config,
  parts: Partial<ServerParts> = {},
): Promise<RunningServer> {
  const owned = new Owned();
  try {
    return await compose(config, withDefaults(config, parts), owned);
  } catch (error) {
    await owned[Symbol.asyncDispose]();
    throw error;
  }
}

function withDefaults(config: Config, parts: Partial<ServerParts>): ServerParts {
  return {
    clock: systemClock,
    secrets: new NodeSecrets(),
    openStorage,
    ...parts,
    log: parts.log ?? createLogger(config.logLevel),
  };
}

async function compose(config: Config, parts: ServerParts, owned: Owned): Promise<RunningServer> {
  const { clock, secrets, log } = parts;
  // Whatever can refuse without touching the disk comes first.
  const operatorFiles = operatorFilesOf(config);
  await operatorFiles?.provide();
  const bound = owned.add(await bindPorts({ ports: portsOf(config), addresses: config.bind }));
  if (operatorFiles === undefined) prepareAuthority(config.ephemeral ? undefined : config.data);
  const storage = owned.add(await parts.openStorage(storageOptionsOf(config, parts)));
  const directory = await dataDirectoryOf(config, owned);

  const startedAtMs = clock.now();
  const names = {
    hosts: config.host,
    serverNames: serverNames({ bindAddresses: bound.addresses, machineName: hostname() }),
  };
  const settings = await settleHubs({
    store: storage.hubSettings,
    secrets,
    clock,
    wanted: config.hub,
    ...names,
    partitionCount: config.partitions,
    eventRetention: {
      ageMs: config.retentionHours * HOUR_MS,
      bytesMax: config.retentionMib * MIB,
    },
    fileStorage: fileStorageOf(config),
  });
  const provisioningSettings = await settleProvisioning({
    store: storage.provisioning.settings,
    secrets,
    clock,
    hubs: settings,
    ...names,
    startedAtMs,
  });
  const served = [...settings, ...provisioningSettings];
  const source =
    operatorFiles ??
    new OwnAuthority({
      directory,
      names: () => certificateNames(served.flatMap(({ hostNames }) => hostNames)),
      clock,
      log: log.child({ subsystem: "tls" }),
    });
  const encoder = createEventEncoder();
  const openParts = {
    storage,
    encoder,
    x509: new NodeCertificates(),
    httpsPort: bound.ports.https,
    clock,
    secrets,
    log,
  };
  const hubs = await Promise.all(
    settings.map(async (hub) => owned.add(await openHub(hub, openParts))),
  );
  const certificate = owned.add(
    await ServerCertificate.open({ source, clock, log: log.child({ subsystem: "tls" }) }),
  );
  const adminToken = await keepAdminToken(directory, config.adminToken);
  const hubDirectory = createHubDirectory(hubs, { isStrict: config.strictHosts });
  const provisioning = openProvisioning(
    {
      settings: provisioningSettings,
      storage: storage.provisioning,
      hubs: hubDirectory,
      isStrict: config.strictHosts,
      clock,
      secrets,
      log: log.child({ subsystem: "provisioning" }),
    },
    owned,
  );
  owned.add(serve({ bound, certificate, hubs: hubDirectory, provisioning, clock, log }));
  const connection = describeConnection({
    host: config.host[0] ?? "localhost",
    ports: bound.ports,
    caFile: source.caFile,
    adminToken,
    hubs: settings,
    provisioning: provisioningSettings,
  });
  return {
    connection,
    connectionFile: await writeConnectionFile(directory, connection),
    directory,
    ports: bound.ports,
    hubs: hubDirectory,
    provisioning,
    notices: bound.notices,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

function operatorFilesOf({ ca, cert, key }: Config): OperatorFiles | undefined {
  return cert === undefined || key === undefined ? undefined : new OperatorFiles({ ca, cert, key });
}

function portsOf({ mqttPort, amqpPort, httpsPort }: Config): Ports {
  return { mqtt: mqttPort, amqp: amqpPort, https: httpsPort };
}

function storageOptionsOf(config: Config, { clock, log }: ServerParts) {
  const common = { clock, log: log.child({ subsystem: "storage" }) };
  return config.ephemeral
    ? { ...common, isEphemeral: true as const }
    : { ...common, directory: path.resolve(config.data) };
}

async function dataDirectoryOf(config: Config, owned: Owned): Promise<string> {
  if (!config.ephemeral) return path.resolve(config.data);
  const directory = await mkdtemp(path.join(tmpdir(), "larimar-"));
  owned.defer(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
