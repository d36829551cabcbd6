import type { InitialTwin } from "../enrollments/enrollment.ts";

/** How the service thinks of a hub that it may give devices to. */
export interface LinkedHubSettings {
  /** What devices are told to connect to; also the hub's name within the service. */
  readonly hostName: string;
  /** Other names that mean this hub, among them those it had before. */
  readonly aliases: readonly string[];
  /** The hub's own name when it is in this server. */
  readonly hubName: string | undefined;
  /** How to reach a hub that is not in this server; a secret. */
  readonly connectionString: string | undefined;
  /** A region label. */
  readonly location: string;
  /** 1 to 1000. */
  readonly allocationWeight: number;
  /** False: only for enrollments that name this hub. */
  readonly applyAllocationPolicy: boolean;
}

export type HubAuthentication =
  | { readonly type: "sas"; readonly primaryKey: string; readonly secondaryKey: string }
  | {
      readonly type: "selfSigned";
      readonly primaryThumbprint: string;
      readonly secondaryThumbprint: string;
    };

/** A device as a hub is asked to know it. */
export interface HubIdentity {
  readonly deviceId: string;
  readonly authentication: HubAuthentication;
  readonly capabilities: { readonly iotEdge: boolean };
}

export interface HubIdentityWrite {
  readonly identity: HubIdentity;
  readonly twin: InitialTwin | undefined;
  /** `whenCreated` leaves the twin of an identity that is there already alone. */
  readonly twinMode: "whenCreated" | "always";
}

/**
 * A hub as the service uses it: in this server through its use cases, in another Larimar or in Azure through
 * its service API. Each call either happens or throws `HubUnusable` or `HubCredentialsRefused`, with nothing
 * of a creation left behind, and ends before the deadline.
 */
export interface LinkedHub {
  /** Creates the identity or gives an existing one these credentials and capabilities. */
  put(write: HubIdentityWrite, deadlineAtMs: number): Promise<"created" | "updated">;
  /** Tags and desired properties; undefined when the hub has no such device. */
  readTwin(deviceId: string, deadlineAtMs: number): Promise<InitialTwin | undefined>;
  /** Deleting what is not there is fine. */
  delete(deviceId: string, deadlineAtMs: number): Promise<void>;
  /** What a call took lately; undefined while nothing is known. */
  readonly latencyMs: number | undefined;
}

export interface LinkedHubs {
  /** Throws `HubUnusable` when there is no way to reach it. */
  connect(hub: LinkedHubSettings): LinkedHub;
}

export function isSameHost(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** The hub that has this name, else the one that once had it. */
export function findLinkedHub(
  hubs: readonly LinkedHubSettings[],
  hostName: string,
): LinkedHubSettings | undefined {
  return (
    hubs.find((hub) => isSameHost(hub.hostName, hostName)) ??
    hubs.find((hub) => answersTo(hub, hostName))
  );
}

/** Whether a name that was once given to a device, or written into an enrollment, means this hub. */
export function answersTo(hub: LinkedHubSettings, hostName: string): boolean {
  return (
    isSameHost(hub.hostName, hostName) || hub.aliases.some((name) => isSameHost(name, hostName))
  );
}
