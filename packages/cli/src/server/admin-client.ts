import type { Connection } from "../connection/connection-file.ts";
import type { Call } from "../connection/send-request.ts";
import { sendRequest } from "../connection/send-request.ts";

const API_VERSION = "2023-06-30";
/** The server takes any; these stand for "nobody's in particular". */
const SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/larimar/providers/Microsoft.Devices`;

/** A hub as administration shows it: what commands look at of it. */
export interface HubResource {
  readonly name: string;
  readonly etag: string;
  readonly location: string;
  readonly sku: { readonly name: string };
  readonly properties: {
    readonly hostName: string;
    readonly authorizationPolicies: readonly Policy[];
    readonly eventHubEndpoints: { readonly events: { readonly partitionCount: number } };
  };
}

/** The same of a provisioning service. */
export interface ServiceResource {
  readonly name: string;
  readonly etag: string;
  readonly location: string;
  readonly properties: {
    readonly idScope: string;
    readonly allocationPolicy: string;
    readonly serviceOperationsHostName: string;
    readonly authorizationPolicies: readonly Policy[];
    readonly iotHubs: readonly LinkedHub[];
  };
}

export interface LinkedHub {
  readonly name?: string;
  readonly connectionString: string;
  readonly location?: string;
  readonly allocationWeight?: number;
  readonly applyAllocationPolicy?: boolean;
}

export interface Policy {
  readonly keyName: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: string;
}

export function hubPath(name = "", rest = ""): string {
  return `/IotHubs${name && `/${encodeURIComponent(name)}`}${rest}`;
}

export function servicePath(name = "", rest = ""): string {
  return `/provisioningServices${name && `/${encodeURIComponent(name)}`}${rest}`;
}

/** Administration of a server, spoken with its token. Deleting a large hub may take its time. */
export class AdminClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** `path` begins behind the resource group. Throws `CommandError`. */
  async call<Answer>(call: Call): Promise<Answer> {
    const { host, admin } = this.#connection;
    const to = {
      hostName: host,
      authorization: `Bearer ${admin.token}`,
      apiVersion: API_VERSION,
    };
    const path = `${GROUP}${call.path}`;
    return (await sendRequest(this.#connection, to, { ...call, path, msMax: MS_MAX })) as Answer;
  }
}

const MS_MAX = 10 * 60_000;
