import path from "node:path";
import { BlobFiles } from "../blobs/blob-files.ts";
import { BlobStatements } from "../blobs/blob-statements.ts";
import { SqliteBlobStore } from "../blobs/sqlite-blob-store.ts";
import { DEFAULT_STORAGE_LIMITS } from "../storage-limits.ts";
import { SILENT_LOG } from "../storage-log.ts";
import type { Storage, StorageOptions } from "../storage.ts";
import { systemClock } from "../system-clock.ts";
import { EVENTS_DATABASE } from "./event-log/events-database.ts";
import { SqliteEventLog } from "./event-log/sqlite-event-log.ts";
import { RowOwners } from "./row-owners.ts";
import { ForgottenConnections } from "./forget-connections.ts";
import { makeEphemeralDirectory } from "./database-files/ephemeral-directory.ts";
import { inspectDatabaseFile } from "./database-files/inspect-database-file.ts";
import { DeviceJobStatements, SqliteDeviceJobStore } from "./jobs/sqlite-device-job-store.ts";
import { JobStatements, SqliteJobStore } from "./jobs/sqlite-job-store.ts";
import { SqliteTransferStore, TransferStatements } from "./jobs/sqlite-transfer-store.ts";
import { NO_SYNC } from "./database-files/log-sync.ts";
import { LeftoverDirectories } from "./database-files/leftover-directories.ts";
import { lockDataDirectory } from "./database-files/lock-data-directory.ts";
import { DocumentStatements } from "./provisioning/document-table.ts";
import {
  createProvisioningStorage,
  SqliteCaCertificateStore,
} from "./provisioning/sqlite-provisioning-stores.ts";
import { QueryPool } from "./query/threads/query-pool.ts";
import { SqliteQueryStore } from "./query/sqlite-query-store.ts";
import { CommandStatements, SqliteCommandStore } from "./commands/sqlite-command-store.ts";
import {
  ConfigurationStatements,
  SqliteConfigurationStore,
} from "./hubs/sqlite-configuration-store.ts";
import {
  ContentClaimStatements,
  SqliteContentClaimStore,
} from "./hubs/sqlite-content-claim-store.ts";
import { DeviceStatements, SqliteDeviceStore } from "./devices/sqlite-device-store.ts";
import { SqliteHubSettingsStore } from "./hubs/sqlite-hub-settings-store.ts";
import { MeterStatements, SqliteMeterStore } from "./hubs/sqlite-meter-store.ts";
import { ModuleStatements, SqliteModuleStore } from "./devices/sqlite-module-store.ts";
import {
  NotificationStatements,
  SqliteNotificationStore,
} from "./commands/sqlite-notification-store.ts";
import {
  PendingUploadStatements,
  SqlitePendingUploadStore,
} from "./devices/sqlite-pending-upload-store.ts";
import { PresenceStatements, SqlitePresenceStore } from "./devices/sqlite-presence-store.ts";
import {
  SqliteSubscriptionStore,
  SubscriptionStatements,
} from "./devices/sqlite-subscription-store.ts";
import { SqliteTwinStore, TwinStatements } from "./twins/sqlite-twin-store.ts";
import { TwinMemory } from "./twins/twin-memory.ts";
import { STATE_DATABASE, StateDatabase } from "./state-database.ts";

const BLOBS_DIRECTORY = "blobs";

/** The files of a storage and how to leave them. */
interface Place extends Disposable {
  readonly stateFile: string;
  readonly eventsFile: string;
  readonly blobsDirectory: string;
  readonly isEphemeral: boolean;
}

/** Opens what a server keeps, and creates it the first time. Throws `StorageError` and has changed nothing. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const place = options.isEphemeral ? makeEphemeralPlace() : occupy(options.directory);
  const limits = { ...DEFAULT_STORAGE_LIMITS, ...options.limits };
  const log = options.log ?? SILENT_LOG;
  let state: StateDatabase | undefined;
  try {
    state = openState(place);
    const eventLog = await SqliteEventLog.open({
      file: place.eventsFile,
      isEphemeral: place.isEphemeral,
      limits,
      log,
      clock: options.clock ?? systemClock,
    });
    const blobFiles = new BlobFiles({
      directory: place.blobsDirectory,
      diskReserveBytes: limits.blobDiskReserveBytes,
      log,
    });
    const clock = options.clock ?? systemClock;
    const memory = new TwinMemory(limits);
    const queries = new QueryPool({ file: place.stateFile, limits, memory });
    const forgotten = new ForgottenConnections(state, clock.now());
    const leftovers = place.isEphemeral ? new LeftoverDirectories(log) : undefined;
    return createStorage({
      state,
      eventLog,
      blobFiles,
      memory,
      queries,
      forgotten,
      leftovers,
      place,
    });
  } catch (error) {
    await state?.[Symbol.asyncDispose]();
    place[Symbol.dispose]();
    throw error;
  }
}

interface OpenParts {
  readonly state: StateDatabase;
  readonly eventLog: SqliteEventLog;
  readonly blobFiles: BlobFiles;
  readonly memory: TwinMemory;
  readonly queries: QueryPool;
  readonly forgotten: ForgottenConnections;
  readonly leftovers: LeftoverDirectories | undefined;
  readonly place: Place;
}

function createStorage(parts: OpenParts): Storage {
  const { state, eventLog, blobFiles, memory, queries, forgotten, leftovers, place } = parts;
  const devices = new DeviceStatements(state);
  const modules = new ModuleStatements(state);
  const presence = new PresenceStatements(state);
  const subscriptions = new SubscriptionStatements(state);
  const twins = new TwinStatements(state, memory);
  const commands = new CommandStatements(state);
  const notifications = new NotificationStatements(state);
  const pendingUploads = new PendingUploadStatements(state);
  const blobs = new BlobStatements(state);
  const caCertificates = new DocumentStatements(state, "hub_ca_certificates");
  const hubs = new RowOwners(state, "hub");
  const jobs = new JobStatements(state);
  const deviceJobs = new DeviceJobStatements(state);
  const meters = new MeterStatements(state);
  const configurations = new ConfigurationStatements(state);
  const contentClaims = new ContentClaimStatements(state);
  const transfers = new TransferStatements(state);
  blobFiles.sweep((file) => blobs.isNamed.get(file, file) !== undefined);
  return {
    hubSettings: new SqliteHubSettingsStore(state),
    provisioning: createProvisioningStorage(state),
    forHub(hubName) {
      const hub = hubs.of(hubName);
      const twinStore = new SqliteTwinStore(twins, hub);
      return {
        devices: new SqliteDeviceStore(devices, hub),
        modules: new SqliteModuleStore(modules, hub),
        presence: new SqlitePresenceStore(presence, hub),
        subscriptions: new SqliteSubscriptionStore(subscriptions, hub),
        twins: twinStore,
        queries: new SqliteQueryStore(queries, hubName),
        commands: new SqliteCommandStore(commands, hub),
        feedback: new SqliteNotificationStore(notifications, hub, "feedback"),
        pendingUploads: new SqlitePendingUploadStore(pendingUploads, hub),
        fileNotifications: new SqliteNotificationStore(notifications, hub, "files"),
        blobs: new SqliteBlobStore(blobs, blobFiles, hub),
        caCertificates: new SqliteCaCertificateStore(caCertificates, hub),
        meter: new SqliteMeterStore(meters, hub),
        jobs: new SqliteJobStore(jobs, hub),
        configurations: new SqliteConfigurationStore(configurations, hub),
        contentClaims: new SqliteContentClaimStore(contentClaims, twinStore, hub),
        transfers: new SqliteTransferStore(transfers, hub),
        deviceJobs: new SqliteDeviceJobStore(deviceJobs, twinStore, hub),
      };
    },
    openEventLog: (settings) => eventLog.openHub(settings),
    async eraseHub(hubName) {
      await eventLog.eraseHub(hubName);
      await hubs.erase(hubName);
      // Content that nobody names any more.
      blobFiles.sweep((file) => blobs.isNamed.get(file, file) !== undefined);
      await blobFiles.swept();
    },
    async [Symbol.asyncDispose]() {
      await queries[Symbol.asyncDispose]();
      await forgotten[Symbol.asyncDispose]();
      await leftovers?.[Symbol.asyncDispose]();
      await blobFiles[Symbol.asyncDispose]();
      await eventLog[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

/** One that is thrown away need not outlive its server; queries read it through its file all the same. */
function openState({ stateFile, isEphemeral }: Place): StateDatabase {
  if (!isEphemeral) return new StateDatabase(stateFile);
  const state = new StateDatabase(stateFile, NO_SYNC);
  state.connection.pragma("synchronous = OFF");
  return state;
}

function occupy(directory: string): Place {
  const lock = lockDataDirectory(directory);
  const stateFile = path.join(directory, STATE_DATABASE.fileName);
  const eventsFile = path.join(directory, EVENTS_DATABASE.fileName);
  try {
    // Both, before either is opened: a newer or damaged one leaves its neighbour as it was, too.
    inspectDatabaseFile(stateFile, STATE_DATABASE);
    inspectDatabaseFile(eventsFile, EVENTS_DATABASE);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  return {
    stateFile,
    eventsFile,
    blobsDirectory: path.join(directory, BLOBS_DIRECTORY),
    isEphemeral: false,
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** Events may outgrow memory, so they get files for as long as they are needed. */
function makeEphemeralPlace(): Place {
  const directory = makeEphemeralDirectory();
  return {
    stateFile: path.join(directory.path, STATE_DATABASE.fileName),
    eventsFile: path.join(directory.path, EVENTS_DATABASE.fileName),
    blobsDirectory: path.join(directory.path, BLOBS_DIRECTORY),
    isEphemeral: true,
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}
