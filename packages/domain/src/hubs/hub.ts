import { Access } from "../access/access.ts";
import type { BearerTokens } from "../access/bearer-token.ts";
import type { Secrets } from "../access/secrets.ts";
import type { CaCertificateStore } from "../certificates/ca-certificate.ts";
import { CaCertificates } from "../certificates/ca-certificates.ts";
import type { Certificates } from "../certificates/certificate.ts";
import type { FeedbackRecord } from "../commands/command.ts";
import type { CommandStore, NotificationStore } from "../commands/command-store.ts";
import { Commands } from "../commands/commands.ts";
import type { Feedback } from "../commands/feedback.ts";
import { FEEDBACK_BATCH, NotificationQueue } from "../commands/feedback.ts";
import type { ConfigurationStore } from "../configurations/configuration-store.ts";
import type { Configurations } from "../configurations/configurations.ts";
import type { ContentClaimStore } from "../configurations/content-claim-store.ts";
import { createHubConfigurations } from "../configurations/hub-configurations.ts";
import type { IdentityKey } from "../devices/device.ts";
import { DeviceRegistry } from "../devices/device-registry.ts";
import type { DeviceStore, PresenceStore } from "../devices/device-store.ts";
import { ModuleRegistry } from "../devices/module-registry.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import { HubError } from "../errors/hub-error.ts";
import { DigitalTwins } from "../digital-twins/digital-twins.ts";
import type { EventEncoder } from "../events/event-encoder.ts";
import type { EventLog } from "../events/event-log.ts";
import { Events } from "../events/events.ts";
import { Faults } from "../faults/faults.ts";
import type { HubFiles, HubFilesParts } from "../files/hub-files.ts";
import { createHubFiles, sweepFiles } from "../files/hub-files.ts";
import type { HubJobsParts } from "../jobs/hub-jobs.ts";
import { createHubJobs } from "../jobs/hub-jobs.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { TextCodec } from "../json/text-codec.ts";
import { Admission } from "../limits/admission.ts";
import type { MeterStore } from "../limits/meter-store.ts";
import type { Limits } from "../limits/limits.ts";
import type { MethodLimits } from "../methods/methods.ts";
import { Methods } from "../methods/methods.ts";
import { Queries } from "../query/queries.ts";
import type { QueryStore } from "../query/query-store.ts";
import { EventPipeline } from "../routing/event-pipeline.ts";
import { createHubEvents } from "../routing/hub-events.ts";
import { Sessions } from "../sessions/sessions.ts";
import type { SubscriptionStore } from "../sessions/subscription-store.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import type { Clock } from "../time/clock.ts";
import type { HubTransfersParts } from "../transfers/hub-transfers.ts";
import { Transfers } from "../transfers/transfers.ts";
import type { Twin } from "../twins/twin.ts";
import type { TwinStore } from "../twins/twin-store.ts";
import { Twins } from "../twins/twins.ts";
import { HubConfiguration } from "./hub-configuration.ts";
import { HubObservers } from "./hub-observer.ts";
import type { HubSettings, HubSettingsStore } from "./hub-settings.ts";

/** What one hub stands on; the composition root brings them. */
export interface HubParts extends HubFilesParts, HubJobsParts, HubTransfersParts {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly encoder: EventEncoder;
  readonly text: TextCodec;
  readonly limits: Limits;
  readonly methodLimits: MethodLimits;
  /** Absent where no identity provider is trusted. */
  readonly bearerTokens?: BearerTokens | undefined;
  readonly settingsStore: HubSettingsStore;
  /** How certificates are read. */
  readonly x509: Certificates;
  readonly meter: MeterStore;
  /** Whether the hub is held to its tier; off unless somebody wants to see how that is. */
  readonly enforcesTier?: boolean | undefined;
  readonly caCertificates: CaCertificateStore;
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly presence: PresenceStore;
  readonly subscriptions: SubscriptionStore;
  readonly twins: TwinStore;
  readonly queries: QueryStore;
  readonly commands: CommandStore;
  readonly configurations: ConfigurationStore;
  readonly contentClaims: ContentClaimStore;
  readonly feedback: NotificationStore<FeedbackRecord>;
  readonly eventLog: EventLog;
  /** Devices may ask for faults of their connections, to test their own code. */
  readonly allowsFaults?: boolean;
}

/** Everything a head may ask of a hub. */
export interface Hub extends HubFiles, AsyncDisposable {
  /** As they are now: not to be kept. */
  readonly settings: HubSettings;
  readonly configuration: HubConfiguration;
  readonly access: Access;
  /** The authorities whose certificates devices may present. */
  readonly certificates: CaCertificates;
  readonly devices: DeviceRegistry;
  readonly modules: ModuleRegistry;
  readonly sessions: Sessions;
  /** Kept for heads whose protocol has persistent sessions. */
  readonly subscriptions: SubscriptionStore;
  readonly telemetry: Telemetry;
  readonly events: Events;
  readonly twins: Twins;
  readonly queries: Queries;
  readonly methods: Methods;
  readonly jobs: Jobs;
  /** Settings for many twins, not of the hub. */
  readonly configurations: Configurations;
  readonly transfers: Transfers;
  readonly digitalTwins: DigitalTwins;
  readonly commands: Commands;
  readonly feedback: Feedback;
  /** For whoever reacts to what happens in the hub. */
  readonly observers: HubObservers;
  /** What the hub's tier allows. */
  readonly admission: Admission;
}

/** Commands nobody asks for expire within this time after their expiry. */
const COMMAND_SWEEP_INTERVAL_MS = 10_000;
/** Uploads nobody reported on, notifications nobody took and abandoned blocks go within this time. */
const FILE_SWEEP_INTERVAL_MS = 10 * 60 * 1000;
/** Jobs of long ago go within this time. */
const JOB_SWEEP_INTERVAL_MS = 10 * 60 * 1000;

export function createHub(initial: HubSettings, parts: HubParts): Hub {
  const { clock, secrets, encoder, limits, eventLog, presence } = parts;
  const configuration = new HubConfiguration(initial, { store: parts.settingsStore, secrets });
  const settings = (): HubSettings => configuration.current;
  const observers = new HubObservers();
  const admission = new Admission({
    configuration,
    clock,
    store: parts.meter,
    isEnforced: parts.enforcesTier ?? false,
  });
  const sessions = new Sessions({ clock, presence, eventLog, observers });
  const findTwin = (key: IdentityKey): Promise<Twin | undefined> => parts.twins.find(key);
  const pipeline = new EventPipeline({
    configuration,
    eventLog,
    encoder,
    limits,
    clock,
    text: parts.text,
    findTwin,
  });
  const faults = parts.allowsFaults === true ? new Faults(clock, sessions) : undefined;
  const generationOf = async ({ deviceId, moduleId }: IdentityKey): Promise<string | undefined> =>
    moduleId === undefined
      ? (await parts.devices.find(deviceId))?.generationId
      : (await parts.modules.find({ deviceId, moduleId }))?.generationId;
  const isRegistered = async (key: IdentityKey): Promise<boolean> =>
    (await generationOf(key)) !== undefined;
  const registry = { presence, sessions, twins: parts.twins, observers, secrets, clock, limits };
  const modules = new ModuleRegistry({ ...registry, store: parts.modules, devices: parts.devices });
  const devices = new DeviceRegistry({ ...registry, store: parts.devices, modules });
  const feedback: Feedback = new NotificationQueue({
    store: parts.feedback,
    secrets,
    clock,
    settings: () => settings().commands.feedback,
    batch: FEEDBACK_BATCH,
  });
  const commands = new Commands({
    store: parts.commands,
    feedback,
    sessions,
    secrets,
    clock,
    settings: () => settings().commands,
    generationOf,
    admission,
  });
  const twins = new Twins({
    store: parts.twins,
    admission,
    sessions,
    clock,
    isRegistered,
    onChange: (change) => observers.twinChanged(change),
  });
  const methods = new Methods({
    sessions,
    clock,
    limits: parts.methodLimits,
    admission,
    isRegistered,
  });
  const queries = new Queries(parts.queries);
  const jobs = createHubJobs({
    ...parts,
    queries,
    twins,
    methods,
    sessions,
    observers,
    admission,
  });
  const configurations = createHubConfigurations({
    store: parts.configurations,
    claims: parts.contentClaims,
    deviceStore: parts.devices,
    moduleStore: parts.modules,
    presence,
    devices,
    modules,
    sessions,
    twins,
    commands,
    queries,
    observers,
    secrets,
    clock,
    limits,
  });
  const transfers = new Transfers({
    devices: parts.devices,
    modules: parts.modules,
    twins: parts.twins,
    format: parts.transferFormat,
    store: parts.transfers,
    containers: parts.containers,
    registry: { devices, modules, twins },
    configurations,
    configurationStore: parts.configurations,
    secrets,
    clock,
  });
  const hubFiles = createHubFiles(settings, parts);
  const hubEvents = createHubEvents({
    pipeline,
    hubName: initial.name,
    partitionCount: eventLog.partitionCount,
    secrets,
    clock,
    text: parts.text,
    findTwin,
    isConnected: (key) => sessions.isConnected(key),
  });
  observers.add(hubEvents);
  const sweepers = [
    every(clock, COMMAND_SWEEP_INTERVAL_MS, () => commands.sweep()),
    every(clock, FILE_SWEEP_INTERVAL_MS, async () => {
      await feedback.sweep();
      await sweepFiles(hubFiles);
    }),
    every(clock, JOB_SWEEP_INTERVAL_MS, async () => {
      await jobs.sweep();
      await transfers.sweep();
    }),
  ];
  const events = new Events({ settings, eventLog, limits });
  configuration.observe((now, before) => {
    if (now.consumerGroups !== before.consumerGroups) events.closeUnknownGroups();
  });
  return {
    get settings() {
      return configuration.current;
    },
    configuration,
    access: new Access({
      settings,
      devices: parts.devices,
      modules: parts.modules,
      authorities: parts.caCertificates,
      certificates: parts.x509,
      revision: () => sessions.revision,
      faults,
      secrets,
      clock,
      bearerTokens: parts.bearerTokens,
    }),
    certificates: new CaCertificates({
      store: parts.caCertificates,
      certificates: parts.x509,
      secrets,
      clock,
      limits,
      createError: (problem, message, details) => new HubError(problem, message, details),
    }),
    devices,
    modules,
    sessions,
    subscriptions: parts.subscriptions,
    telemetry: new Telemetry({ eventLog, pipeline, limits, admission, faults }),
    events,
    twins,
    queries,
    methods,
    jobs,
    configurations,
    transfers,
    digitalTwins: new DigitalTwins({ twins, methods }),
    commands,
    feedback,
    observers,
    admission,
    ...hubFiles,
    async [Symbol.asyncDispose]() {
      for (const sweeper of sweepers) sweeper[Symbol.dispose]();
      feedback[Symbol.dispose]();
      hubFiles.fileNotifications[Symbol.dispose]();
      await jobs[Symbol.asyncDispose]();
      await transfers[Symbol.asyncDispose]();
      await configurations[Symbol.asyncDispose]();
      hubEvents[Symbol.dispose]();
      pipeline[Symbol.dispose]();
      faults?.[Symbol.dispose]();
      await sessions[Symbol.asyncDispose]();
      await admission[Symbol.asyncDispose]();
    },
  };
}

function every(clock: Clock, intervalMs: number, action: () => Promise<void>): Disposable {
  const run = (): void => {
    timer = clock.after(intervalMs, run);
    // A sweep that fails is tried again at the next interval; the store has said why in its log.
    action().catch(() => {});
  };
  let timer = clock.after(intervalMs, run);
  return { [Symbol.dispose]: () => timer.cancel() };
}
