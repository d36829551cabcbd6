import type {
  Clock,
  Hub,
  HubDirectory,
  LinkedHub,
  LinkedHubs,
  LinkedHubSettings,
} from "@larimar/domain";
import { LocalLinkedHub, ProvisioningError } from "@larimar/domain";
import { parseHubConnectionString } from "./hub-connection-string.ts";
import { HubRestClient } from "./hub-rest-client.ts";
import { RestLinkedHub } from "./rest-linked-hub.ts";

export interface ServerLinkedHubsParts {
  readonly hubs: HubDirectory;
  readonly clock: Clock;
  /** Authorities that hubs elsewhere are trusted by; undefined means those of the machine. */
  readonly ca: readonly string[] | undefined;
}

interface RemoteHub extends Disposable {
  readonly connectionString: string;
  readonly hub: LinkedHub;
}

/** Reaches hubs of this server directly and all others through their service API. */
export class ServerLinkedHubs implements LinkedHubs, Disposable {
  readonly #parts: ServerLinkedHubsParts;
  /** By hub, and not by name: another one of the same name may come after it. */
  readonly #local = new WeakMap<Hub, LinkedHub>();
  readonly #remote = new Map<string, RemoteHub>();

  constructor(parts: ServerLinkedHubsParts) {
    this.#parts = parts;
  }

  connect({ hostName, hubName, connectionString }: LinkedHubSettings): LinkedHub {
    const hub = hubName === undefined ? undefined : this.#localHub(hubName);
    if (hub !== undefined) return hub;
    if (connectionString !== undefined) return this.#remoteHub(hostName, connectionString);
    throw new ProvisioningError("HubUnusable", `There is no way to reach '${hostName}'`);
  }

  [Symbol.dispose](): void {
    for (const remote of this.#remote.values()) remote[Symbol.dispose]();
  }

  #localHub(hubName: string): LinkedHub | undefined {
    const hub = this.#parts.hubs.find(hubName);
    if (hub === undefined) return undefined;
    const known = this.#local.get(hub);
    if (known !== undefined) return known;
    const linked = new LocalLinkedHub(hub);
    this.#local.set(hub, linked);
    return linked;
  }

  #remoteHub(hostName: string, connectionString: string): LinkedHub {
    const known = this.#remote.get(hostName);
    if (known?.connectionString === connectionString) return known.hub;
    known?.[Symbol.dispose]();
    const parsed = parseHubConnectionString(connectionString);
    if (parsed === undefined) {
      throw new ProvisioningError(
        "HubUnusable",
        `The connection string of '${hostName}' cannot be read`,
      );
    }
    const { clock } = this.#parts;
    const client = new HubRestClient(parsed, this.#parts);
    const hub = new RestLinkedHub(client, () => clock.now());
    const dispose = () => client[Symbol.dispose]();
    this.#remote.set(hostName, { connectionString, hub, [Symbol.dispose]: dispose });
    return hub;
  }
}
