import type { Device } from "../devices/device.ts";
import type { DeviceStore } from "../devices/device-store.ts";

/**
 * Goes round all devices, in order of id. A round that begins while another one is under way goes on from
 * there until it is there again, so that beginning often holds nobody up.
 */
export class FleetRound {
  readonly #devices: DeviceStore;
  /** The last device that was handed out. */
  #position = "";
  #goal: { readonly from: string; isAround: boolean } | undefined;

  constructor(devices: DeviceStore) {
    this.#devices = devices;
  }

  get isUnderWay(): boolean {
    return this.#goal !== undefined;
  }

  begin(): void {
    this.#goal = { from: this.#position, isAround: this.#position === "" };
  }

  end(): void {
    this.#goal = undefined;
  }

  /** Some more devices; fewer than asked for, or none, at the end of the round. */
  async next(limit: number): Promise<readonly Device[]> {
    const goal = this.#goal;
    if (goal === undefined) return [];
    const page = await this.#devices.list({ after: this.#position, limit });
    // A round that began meanwhile begins with this page again.
    if (goal !== this.#goal) return [];
    const wanted = goal.isAround && goal.from !== "" ? upTo(page, goal.from) : page;
    this.#position = wanted.at(-1)?.deviceId ?? "";
    if (wanted.length === limit) return wanted;
    if (goal.isAround) this.#goal = undefined;
    else {
      goal.isAround = true;
      this.#position = "";
    }
    return wanted;
  }
}

function upTo(devices: readonly Device[], lastId: string): readonly Device[] {
  return devices.filter(({ deviceId }) => deviceId <= lastId);
}
