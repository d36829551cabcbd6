import { hostname } from "node:os";
import path from "node:path";
import type {
  Administration,
  Clock,
  Hub,
  HubDirectory,
  ProvisioningDirectory,
  Secrets,
} from "@larimar/domain";
import { createHubDirectory, createProvisioningDirectory } from "@larimar/domain";
import { makeEphemeralDirectory, openStorage } from "@larimar/storage";
import { createEventEncoder } from "@larimar/wire";
import { createAdministration } from "./administration/create-administration.ts";
import { finishDeletions } from "./administration/finish-deletions.ts";
import { Publication } from "./administration/publication.ts";
import { NodeCertificates } from "./certificates/node-certificates.ts";
import type { Config } from "./config/config-schema.ts";
import { IdentityProvider } from "./oidc/identity-provider.ts";
import { keepAdminToken } from "./connection/admin-token.ts";
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
import { ProvisioningOpener } from "./provisioning/open-provisioning.ts";
import { settleProvisioning } from "./provisioning/settle-provisioning.ts";
import { NodeSecrets } from "./secrets/node-secrets.ts";
import { fileStorageOf } from "./uploads/file-storage.ts";
import { systemClock } from "./time/system-clock.ts";
import { certificateNames, serverNames } from "./tls/certificate-names.ts";
import { OperatorFiles } from "./tls/operator-files.ts";
import { OwnAuthority, prepareAuthority } from "./tls/own-authority.ts";
import { ServerCertificate } from "./tls/server-certificate.ts";
import { readTrustedAuthorities } from "./tls/trusted-authorities.ts";

/** What tests bring in place of the real thing. */
export interface ServerParts {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly log: ServerLog;
  readonly openStorage: typeof openStorage;
}

export interface RunningServer extends AsyncDisposable {
  /** As it is now: hubs and keys come and go. */
  readonly connection: ConnectionInfo;
  readonly connectionFile: string;
  /** Where connection.json and the CA are; a temporary place for an ephemeral server. */
  readonly directory: string;
  readonly ports: Ports;
  readonly hubs: HubDirectory;
  readonly provisioning: ProvisioningDirectory;
  readonly administration: Administration;
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
  const authorities = await readTrustedAuthorities(config.trust);
  const bound = owned.add(await bindPorts({ ports: portsOf(config), addresses: config.bind }));
  if (operatorFiles === undefined) prepareAuthority(config.ephemeral ? undefined : config.data);
  const storage = owned.add(await parts.openStorage(storageOptionsOf(config, parts)));
  const directory = dataDirectoryOf(config, owned);

  const startedAtMs = clock.now();
  const names = {
    hosts: config.host,
    serverNames: serverNames({ bindAddresses: bound.addresses, machineName: hostname() }),
  };
  const forNewHubs = {
    partitionCount: config.partitions,
    eventRetention: {
      ageMs: config.retentionHours * HOUR_MS,
      bytesMax: config.retentionMib * MIB,
    },
  };
  await finishDeletions(storage, secrets);
  const settings = await settleHubs({
    store: storage.hubSettings,
    secrets,
    clock,
    wanted: config.hub,
    ...names,
    ...forNewHubs,
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

  const encoder = createEventEncoder();
  const openParts = {
    storage,
    encoder,
    x509: new NodeCertificates(),
    bearerTokens: identityProviderOf(config, { clock, log }),
    enforcesTiers: config.enforceTiers,
    httpsPort: bound.ports.https,
    allowsFaults: config.faultInjection,
    clock,
    secrets,
    log,
  };
  const hubs = createHubDirectory([], { isStrict: config.strictHosts });
  const atStart: Hub[] = [];
  owned.defer(() => disposeAll([...atStart, ...hubs.list()]));
  const opened = settings.map(async (one) => {
    const hub = await openHub(one, openParts);
    atStart.push(hub);
    return hub;
  });
  for (const hub of await Promise.all(opened)) hubs.add(hub);

  const provisioning = createProvisioningDirectory([], { isStrict: config.strictHosts });
  const opener = owned.add(
    new ProvisioningOpener({
      storage: storage.provisioning,
      hubs,
      authorities,
      clock,
      secrets,
      log: log.child({ subsystem: "provisioning" }),
    }),
  );
  owned.defer(() => disposeAll(provisioning.list()));
  for (const service of provisioningSettings) provisioning.add(opener.open(service));

  const source =
    operatorFiles ??
    new OwnAuthority({
      directory,
      names: () => certificateNames(hostNamesOf([...hubs.list(), ...provisioning.list()])),
      clock,
      log: log.child({ subsystem: "tls" }),
    });
  const certificate = owned.add(
    await ServerCertificate.open({ source, clock, log: log.child({ subsystem: "tls" }) }),
  );
  const adminToken = await keepAdminToken(directory, config.adminToken);
  const describe = (): ConnectionInfo =>
    describeConnection({
      host: config.host[0] ?? "localhost",
      ports: bound.ports,
      caFile: source.caFile,
      adminToken,
      hubs: hubs.list().map((hub) => hub.settings),
      provisioning: provisioning.list().map((service) => service.settings),
    });
  const publication = new Publication({ directory, describe, certificate, log });
  const administration = createAdministration({
    storage,
    hubs,
    provisioning,
    publication,
    secrets,
    clock,
    names,
    ...forNewHubs,
    openHub: (one) => openHub(one, openParts),
    openService: (service) => opener.open(service),
  });
  owned.add(
    serve({ bound, certificate, hubs, provisioning, administration, adminToken, clock, log }),
  );
  return {
    get connection() {
      return describe();
    },
    connectionFile: await publication.writeFirst(),
    directory,
    ports: bound.ports,
    hubs,
    provisioning,
    administration,
    notices: bound.notices,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

async function disposeAll(items: Iterable<AsyncDisposable>): Promise<void> {
  await Promise.all([...new Set(items)].map((item) => item[Symbol.asyncDispose]()));
}

function hostNamesOf(
  served: readonly { readonly settings: { readonly hostNames: readonly string[] } }[],
): string[] {
  return served.flatMap(({ settings }) => [...settings.hostNames]);
}

function operatorFilesOf({ ca, cert, key }: Config): OperatorFiles | undefined {
  return cert === undefined || key === undefined ? undefined : new OperatorFiles({ ca, cert, key });
}

function identityProviderOf(
  { oidcIssuer, oidcAudience }: Config,
  { clock, log }: { readonly clock: Clock; readonly log: ServerLog },
): IdentityProvider | undefined {
  if (oidcIssuer === undefined || oidcAudience === undefined) return undefined;
  const subsystem = log.child({ subsystem: "oidc" });
  return new IdentityProvider({
    issuer: oidcIssuer,
    audience: oidcAudience,
    clock,
    log: subsystem,
  });
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

function dataDirectoryOf(config: Config, owned: Owned): string {
  if (!config.ephemeral) return path.resolve(config.data);
  return owned.add(makeEphemeralDirectory()).path;
}
