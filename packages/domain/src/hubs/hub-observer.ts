import type { IdentityKey } from "../devices/device.ts";
import type { DeviceJob } from "../jobs/job.ts";
import type { Twin } from "../twins/twin.ts";
import type { TwinChange } from "../twins/twin-change.ts";

/**
 * What happens in a hub besides messages, told once it is stored. Observers hear of it in the order it
 * happened to an identity; they neither throw nor hold anything up.
 */
export interface HubObserver {
  readonly twinChanged?: (change: TwinChange) => void;
  readonly identityCreated?: (key: IdentityKey) => void;
  /** Status, credentials, capabilities or scopes changed. */
  readonly identityUpdated?: (key: IdentityKey) => void;
  /** With the twin as it was at the end, where there was one. */
  readonly identityDeleted?: (key: IdentityKey, twin: Twin | undefined) => void;
  /** A session began, or the last one ended. */
  readonly connectionChanged?: (key: IdentityKey, isConnected: boolean) => void;
  /** A job is done with a device, or has begun with it, or has let it go. */
  readonly deviceJobChanged?: (deviceJob: DeviceJob) => void;
}

/** Tells everybody who observes a hub; use cases know this and not who listens. */
export class HubObservers {
  readonly #observers = new Set<HubObserver>();

  add(observer: HubObserver): Disposable {
    this.#observers.add(observer);
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) };
  }

  twinChanged(change: TwinChange): void {
    for (const observer of this.#observers) observer.twinChanged?.(change);
  }

  identityCreated(key: IdentityKey): void {
    for (const observer of this.#observers) observer.identityCreated?.(key);
  }

  identityUpdated(key: IdentityKey): void {
    for (const observer of this.#observers) observer.identityUpdated?.(key);
  }

  identityDeleted(key: IdentityKey, twin: Twin | undefined): void {
    for (const observer of this.#observers) observer.identityDeleted?.(key, twin);
  }

  connectionChanged(key: IdentityKey, isConnected: boolean): void {
    for (const observer of this.#observers) observer.connectionChanged?.(key, isConnected);
  }

  deviceJobChanged(deviceJob: DeviceJob): void {
    for (const observer of this.#observers) observer.deviceJobChanged?.(deviceJob);
  }
}
