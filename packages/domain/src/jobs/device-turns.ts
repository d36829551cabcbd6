import type { IdentityKey } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { DeviceJob, DeviceJobError, Job, MethodTask, TwinTask } from "./job.ts";
import type { JobRunParts } from "./job-run.ts";
import { Slots } from "./slots.ts";

export type DeviceTurnsParts = JobRunParts & {
  /** Something is no longer in flight. */
  readonly onIdle: () => void;
};

/** The server stopped while the device had its turn: whether it was asked, nobody knows. */
const INTERRUPTED: DeviceJobError = {
  code: "Interrupted",
  description:
    "The server stopped while the method was under way; it is not invoked a second time.",
};

/** The device had its turn, or lost it, before its twin could be written. */
class TurnPassedError extends Error {
  override readonly name = "TurnPassedError";
}

/**
 * Gives devices of one job their turn, each of them one at the most:
 *
 * - A twin and the result of its change are one commit, so a device is either `pending` or done.
 * - A method is written down as `running` before the device hears of it. One that still is when the job is
 *   taken up after a crash may have been invoked, so it has failed and is not invoked again.
 */
export class DeviceTurns {
  readonly #job: Job;
  readonly #parts: DeviceTurnsParts;
  readonly #slots: Slots;
  readonly #missed = new Map<string, IdentityKey>();
  #failure: { readonly error: unknown } | undefined;
  #begunInTurn = 0;
  #isStopped = false;

  constructor(job: Job, parts: DeviceTurnsParts) {
    const { twinsInFlightMax, methodsInFlightMax } = parts.limits;
    this.#job = job;
    this.#parts = parts;
    this.#slots = new Slots(
      job.task.type === "scheduleUpdateTwin" ? twinsInFlightMax : methodsInFlightMax,
    );
  }

  get inFlight(): number {
    return this.#slots.used;
  }

  /** A twin can be changed at any time, a method needs somebody who listens. */
  canBegin(key: IdentityKey): boolean {
    if (this.#job.task.type === "scheduleUpdateTwin") return true;
    return this.#parts.sessions.find(key)?.methods !== undefined;
  }

  /** Waits for room, not for the end. Throws what a store threw at somebody's turn. */
  async begin(deviceJob: DeviceJob): Promise<void> {
    await this.#slots.take();
    await this.#parts.pace.turn();
    this.#perform(deviceJob)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#slots.free();
        this.#parts.onIdle();
      });
    this.throwFailure();
    await this.#makeRoom();
  }

  async idle(): Promise<void> {
    await this.#slots.idle();
    this.throwFailure();
  }

  throwFailure(): void {
    if (this.#failure !== undefined && !this.#isStopped) throw this.#failure.error;
  }

  /** Devices that went away just before their turn, wait again, and came back in the meantime. */
  takeMissed(): readonly IdentityKey[] {
    const keys = [...this.#missed.values()].filter((key) => this.canBegin(key));
    this.#missed.clear();
    return keys;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Of a job that is taken up again. */
  async settleInterrupted(): Promise<void> {
    const { deviceJobs, limits } = this.#parts;
    for (;;) {
      const page = await deviceJobs.page({
        jobId: this.#job.jobId,
        status: "running",
        after: 0,
        limit: limits.devicesPerBatchMax,
      });
      if (page.deviceJobs.length === 0) return;
      const failed = page.deviceJobs.map((row) => this.#ended(row, { error: INTERRUPTED }));
      await this.#change(failed, "running");
    }
  }

  async #perform(deviceJob: DeviceJob): Promise<void> {
    const { task } = this.#job;
    if (this.#isStopped) return;
    if (task.type === "scheduleUpdateTwin") await this.#updateTwin(deviceJob, task);
    else await this.#invoke(deviceJob, task);
  }

  async #updateTwin(deviceJob: DeviceJob, { patch, condition }: TwinTask): Promise<void> {
    const { twins, deviceJobs, clock, onChange } = this.#parts;
    const completed = this.#ended({ ...deviceJob, startedAtMs: clock.now() }, {});
    let isWritten = false;
    try {
      await twins.update(deviceJob.key, patch, condition, {
        put: async (twin, expectedVersion) => {
          const change = { twin, expectedVersion };
          const outcome = await deviceJobs.changeWithTwin(completed, "pending", change);
          if (outcome === "over") throw new TurnPassedError();
          isWritten = outcome === "written";
          return outcome;
        },
      });
      if (isWritten) onChange(completed);
      // A patch without tags and desired properties changes nothing, and nothing was written.
      else await this.#change([completed], "pending");
    } catch (error) {
      if (error instanceof TurnPassedError) return;
      if (!(error instanceof HubError)) throw error;
      await this.#change([this.#ended(completed, { error: describe(error) })], "pending");
    }
  }

  async #invoke(deviceJob: DeviceJob, task: MethodTask): Promise<void> {
    const { methods, clock } = this.#parts;
    const nowMs = clock.now();
    const running: DeviceJob = {
      ...deviceJob,
      status: "running",
      startedAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    if (!(await this.#change([running], "pending"))) return;
    const { name, payload, responseTimeoutMs } = task;
    const invocation = { key: deviceJob.key, name, payload, responseTimeoutMs };
    try {
      const response = await methods.invoke({ ...invocation, connectTimeoutMs: 0 });
      await this.#change([this.#ended(running, { response })], "running");
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      // It was not asked, so it may be when it comes back.
      if (error.code === "DeviceNotOnline") {
        await this.#change([{ ...deviceJob, updatedAtMs: clock.now() }], "running");
        this.#missed.set(JSON.stringify(deviceJob.key), deviceJob.key);
        return;
      }
      await this.#change([this.#ended(running, { error: describe(error) })], "running");
    }
  }

  /** A job has time; messages, which share this thread, have not. */
  async #makeRoom(): Promise<void> {
    const { clock, limits } = this.#parts;
    this.#begunInTurn += 1;
    if (
      this.#job.task.type !== "scheduleUpdateTwin" ||
      this.#begunInTurn < limits.twinsPerTurnMax
    ) {
      return;
    }
    this.#begunInTurn = 0;
    await new Promise<void>((resolve) => void clock.after(0, resolve));
  }

  #ended(deviceJob: DeviceJob, outcome: Pick<Partial<DeviceJob>, "error" | "response">): DeviceJob {
    const nowMs = this.#parts.clock.now();
    const status = outcome.error === undefined ? "completed" : "failed";
    return { ...deviceJob, ...outcome, status, endedAtMs: nowMs, updatedAtMs: nowMs };
  }

  async #change(
    deviceJobs: readonly DeviceJob[],
    expectedStatus: DeviceJob["status"],
  ): Promise<boolean> {
    // What a device answers while the server stops is not kept: the next start cannot tell either.
    if (this.#isStopped) return false;
    const changed = await this.#parts.deviceJobs.change(deviceJobs, expectedStatus);
    for (const deviceJob of changed) this.#parts.onChange(deviceJob);
    return changed.length > 0;
  }
}

function describe({ code, message }: HubError): DeviceJobError {
  return { code, description: message };
}
