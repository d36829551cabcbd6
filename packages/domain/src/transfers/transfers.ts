import type { Secrets } from "../access/secrets.ts";
import type { ConfigurationStore } from "../configurations/configuration-store.ts";
import type { BulkHub } from "../devices/bulk-operations.ts";
import { HubError } from "../errors/hub-error.ts";
import type { Clock } from "../time/clock.ts";
import type { BlobContainer, BlobContainers } from "./blob-container.ts";
import { exportConfigurations } from "./export-configurations.ts";
import type { ExportParts } from "./export-identities.ts";
import { exportIdentities } from "./export-identities.ts";
import type { ConfigurationWriter } from "./import-configurations.ts";
import { importConfigurations } from "./import-configurations.ts";
import { importIdentities } from "./import-identities.ts";
import type { TransferStore } from "./transfer-store.ts";
import type { Transfer, TransferRequest, TransferStatus } from "./transfer.ts";
import { isOver } from "./transfer.ts";

export interface TransfersParts extends ExportParts {
  readonly store: TransferStore;
  readonly containers: BlobContainers;
  /** Whom an import tells what to do. */
  readonly registry: BulkHub;
  readonly configurations: ConfigurationWriter;
  readonly configurationStore: Pick<ConfigurationStore, "list">;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** What an import refused is written there, in the output container. */
export const IMPORT_ERRORS_BLOB = "importErrors.log";
/** A list names no more, the newest. */
const LISTED_MAX = 100;
const HISTORY_MS = 30 * 24 * 60 * 60 * 1000;

interface Running {
  transfer: Transfer;
  readonly input: BlobContainer | undefined;
  readonly output: BlobContainer;
}

/** Imports and exports of all identities, and of configurations where they are asked for, one at a time. */
export class Transfers implements AsyncDisposable {
  readonly #parts: TransfersParts;
  /** Set from the moment a request is taken, so that there is never a second one. */
  #running: Running | "beginning" | undefined = "beginning";
  #isStopped = false;
  readonly #settled: Promise<void>;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
    this.#settled = this.#settleInterrupted().finally(() => {
      this.#running = undefined;
    });
    // Whoever asks for something hears of a store that refuses.
    this.#settled.catch(() => {});
  }

  /** Throws `ArgumentInvalid`, `BlobContainerInvalid`, and `JobQuotaExceeded` while another one runs. */
  async begin(request: TransferRequest): Promise<Transfer> {
    await this.#settled;
    if (this.#running !== undefined) {
      throw new HubError("JobQuotaExceeded", "An import or export is under way");
    }
    this.#running = "beginning";
    try {
      const running = this.#open(request);
      const { transfer } = running;
      await this.#parts.store.put(transfer);
      this.#running = running;
      void this.#run(running);
      return transfer;
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }

  /** Throws `JobNotFound`. */
  async get(jobId: string): Promise<Transfer> {
    const { transfer } = this.#current ?? {};
    const found = transfer?.jobId === jobId ? transfer : await this.#parts.store.find(jobId);
    if (found !== undefined) return found;
    throw new HubError("JobNotFound", `There is no job with ID '${jobId}'.`);
  }

  /** The newest first. */
  async list(): Promise<readonly Transfer[]> {
    const current = this.#current?.transfer;
    const listed = await this.#parts.store.list(LISTED_MAX);
    return listed.map((transfer) => (transfer.jobId === current?.jobId ? current : transfer));
  }

  /** What was done stays done. One that is over stays as it is. Throws `JobNotFound`. */
  async cancel(jobId: string): Promise<void> {
    await this.get(jobId);
    const current = this.#current;
    if (current?.transfer.jobId !== jobId || isOver(current.transfer)) return;
    await this.#end(current, "cancelled");
  }

  /** Forgets those of long ago; the hub calls it from time to time. */
  async sweep(): Promise<void> {
    await this.#parts.store.removeCreatedBefore(this.#parts.clock.now() - HISTORY_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#settled.catch(() => {});
  }

  get #current(): Running | undefined {
    return typeof this.#running === "object" ? this.#running : undefined;
  }

  #open(request: TransferRequest): Running {
    checkBlobNames(request);
    const { containers, secrets, clock } = this.#parts;
    const { type, authentication, inputContainerUri, outputContainerUri } = request;
    const input =
      type === "export"
        ? undefined
        : containers.open(inputContainerUri ?? "", { authentication, permission: "read" });
    const output = containers.open(outputContainerUri, { authentication, permission: "write" });
    const transfer: Transfer = {
      ...request,
      inputContainerUri: inputContainerUri && withoutQuery(inputContainerUri),
      outputContainerUri: withoutQuery(outputContainerUri),
      jobId: secrets.createUuid(),
      status: "enqueued",
      createdAtMs: clock.now(),
      endedAtMs: 0,
      progress: 0,
      failureReason: undefined,
    };
    return { transfer, input, output };
  }

  async #run(running: Running): Promise<void> {
    try {
      running.transfer = { ...running.transfer, status: "running" };
      await this.#parts.store.put(running.transfer);
      if (running.input === undefined) await this.#export(running);
      else await this.#importFrom(running, running.input);
      if (!isOver(running.transfer)) await this.#end(running, "completed");
    } catch (error) {
      const reason =
        error instanceof HubError ? error.message : "Something went wrong on the server";
      // A store that refuses this too leaves the job to the next start.
      if (!isOver(running.transfer)) await this.#end(running, "failed", reason).catch(() => {});
    } finally {
      this.#running = undefined;
    }
  }

  async #export(running: Running): Promise<void> {
    const { outputBlobName, excludesKeys } = running.transfer;
    const { total } = await this.#parts.devices.count();
    const lines = exportIdentities(this.#parts, { excludesKeys }, (done) => {
      const progress = Math.min(100, Math.floor((done * 100) / total));
      running.transfer = { ...running.transfer, progress };
    });
    await running.output.write(outputBlobName, this.#whileWanted(running, lines));
    const { configurationsBlobName: blobName } = running.transfer;
    if (blobName === undefined) return;
    const { configurationStore, format } = this.#parts;
    const configurations = exportConfigurations(configurationStore, format);
    await running.output.write(blobName, this.#whileWanted(running, configurations));
  }

  async #importFrom(running: Running, input: BlobContainer): Promise<void> {
    const refused = this.#whileWanted(running, this.#importLines(running.transfer, input));
    // Nothing is written until something is refused; from there on, writing is what drives the import.
    let first = "";
    while (first === "") {
      const next = await refused.next();
      if (next.done === true) return;
      first = next.value;
    }
    await running.output.write(IMPORT_ERRORS_BLOB, joined(first, refused));
  }

  /** Configurations come first: identities are in their scope from the moment that they are made. */
  async *#importLines(transfer: Transfer, input: BlobContainer): AsyncGenerator<string> {
    const { registry, format } = this.#parts;
    const { inputBlobName, configurationsBlobName: blobName } = transfer;
    if (blobName !== undefined) {
      yield* importConfigurations(this.#parts, input.read(blobName), blobName);
    }
    yield* importIdentities(registry, format, input.read(inputBlobName));
  }

  async *#whileWanted(running: Running, pieces: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const piece of pieces) {
      if (this.#isStopped || isOver(running.transfer)) {
        throw new HubError("JobOver", "The job was stopped");
      }
      yield piece;
    }
  }

  async #end(running: Running, status: TransferStatus, failureReason?: string): Promise<void> {
    // After a stop the store may be gone; the next start says what happened.
    if (this.#isStopped) return;
    running.transfer = {
      ...running.transfer,
      status,
      failureReason,
      endedAtMs: this.#parts.clock.now(),
      progress: status === "completed" ? 100 : running.transfer.progress,
    };
    await this.#parts.store.put(running.transfer);
  }

  /** What gave access to containers is not kept, and half an import cannot be done again: both have failed. */
  async #settleInterrupted(): Promise<void> {
    const { store, clock } = this.#parts;
    for (const transfer of await store.list(LISTED_MAX)) {
      if (isOver(transfer)) continue;
      const failureReason = "The server stopped while the job was under way";
      await store.put({ ...transfer, status: "failed", failureReason, endedAtMs: clock.now() });
    }
  }
}

/** One would replace the other, or be read as the other. */
function checkBlobNames({ type, configurationsBlobName, ...names }: TransferRequest): void {
  const other = type === "export" ? names.outputBlobName : names.inputBlobName;
  if (configurationsBlobName !== other) return;
  throw new HubError("ArgumentInvalid", `'${other}' cannot be for devices and configurations both`);
}

/** A container's URI with a signature is as good as a key. */
function withoutQuery(uri: string): string {
  return uri.split(/[?#]/, 1)[0] ?? "";
}

async function* joined(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
