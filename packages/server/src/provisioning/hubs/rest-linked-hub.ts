import type { HubIdentityWrite, InitialTwin, JsonObject, LinkedHub } from "@larimar/domain";
import { isJsonObject } from "@larimar/domain";
import {
  DeviceIdentity,
  readJson,
  toAuthenticationMechanism,
  withoutBookkeeping,
} from "@larimar/wire";
import type { z } from "zod";
import type { HubRestClient } from "./hub-rest-client.ts";

type Identity = z.output<typeof DeviceIdentity>;

/** Writers of one identity that keep overtaking each other give up after so many tries. */
const ATTEMPTS_MAX = 4;
/** What a creation that cannot be finished gets to be undone in. */
const UNDO_MS = 5000;

/** A hub elsewhere, another Larimar or in Azure, through its service API. */
export class RestLinkedHub implements LinkedHub {
  readonly #client: HubRestClient;
  readonly #now: () => number;

  constructor(client: HubRestClient, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  get latencyMs(): number | undefined {
    return this.#client.latencyMs;
  }

  async put(write: HubIdentityWrite, deadlineAtMs: number): Promise<"created" | "updated"> {
    const { identity, twin, twinMode } = write;
    const outcome = await this.#putIdentity(write, deadlineAtMs);
    const isWanted = outcome === "created" ? twin !== undefined : twinMode === "always";
    if (!isWanted) return outcome;
    try {
      await this.#putTwin(identity.deviceId, twin, deadlineAtMs);
    } catch (error) {
      if (outcome === "created") await this.delete(identity.deviceId, this.#now() + UNDO_MS);
      throw error;
    }
    return outcome;
  }

  async readTwin(deviceId: string, deadlineAtMs: number): Promise<InitialTwin | undefined> {
    const answer = await this.#client.call(
      { method: "GET", path: twinPath(deviceId) },
      deadlineAtMs,
    );
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#client.unexpected(answer);
    const { tags, properties } = objectOf(answer.json);
    const { desired } = objectOf(properties);
    return {
      tags: withoutBookkeeping(objectOf(tags)),
      desired: withoutBookkeeping(objectOf(desired)),
    };
  }

  async delete(deviceId: string, deadlineAtMs: number): Promise<void> {
    const call = { method: "DELETE", path: devicePath(deviceId), ifMatch: "*" } as const;
    const answer = await this.#client.call(call, deadlineAtMs);
    if (answer.status !== 204 && answer.status !== 404) throw this.#client.unexpected(answer);
  }

  async #putIdentity(
    { identity }: HubIdentityWrite,
    deadlineAtMs: number,
  ): Promise<"created" | "updated"> {
    const path = devicePath(identity.deviceId);
    const body = bodyOf(identity);
    for (let attempt = 1; ; attempt++) {
      const created = await this.#client.call({ method: "PUT", path, body }, deadlineAtMs);
      if (created.status === 200) return "created";
      if (created.status !== 409) throw this.#client.unexpected(created);
      const found = await this.#client.call({ method: "GET", path }, deadlineAtMs);
      if (found.status === 200) {
        const current = readJson(DeviceIdentity, found.json);
        if (current.kind === "invalid") throw this.#client.unexpected(found);
        if (isUpToDate(current.value, body)) return "updated";
        // What an operator decided about the device in its hub, such as disabling it, stays.
        const { status, statusReason, etag } = current.value;
        const next = { ...body, status, statusReason };
        const updated = await this.#client.call(
          { method: "PUT", path, body: next, ifMatch: `"${etag}"` },
          deadlineAtMs,
        );
        if (updated.status === 200) return "updated";
        if (updated.status !== 412 && updated.status !== 404)
          throw this.#client.unexpected(updated);
      }
      // Deleted or changed in between: look again.
      if (attempt === ATTEMPTS_MAX) throw this.#client.unexpected(found);
    }
  }

  async #putTwin(
    deviceId: string,
    twin: InitialTwin | undefined,
    deadlineAtMs: number,
  ): Promise<void> {
    const body = {
      deviceId,
      tags: twin?.tags ?? {},
      properties: { desired: twin?.desired ?? {} },
    };
    const call = { method: "PUT", path: twinPath(deviceId), body, ifMatch: "*" } as const;
    const answer = await this.#client.call(call, deadlineAtMs);
    if (answer.status !== 200) throw this.#client.unexpected(answer);
  }
}

function bodyOf({ deviceId, authentication, capabilities }: HubIdentityWrite["identity"]) {
  return {
    deviceId,
    status: "enabled" as Identity["status"],
    statusReason: null as string | null,
    capabilities,
    authentication: toAuthenticationMechanism(authentication),
  };
}

function isUpToDate(current: Identity, wanted: ReturnType<typeof bodyOf>): boolean {
  const { authentication, capabilities } = wanted;
  const { symmetricKey, x509Thumbprint } = authentication;
  return (
    current.capabilities.iotEdge === capabilities.iotEdge &&
    current.authentication.type === authentication.type &&
    current.authentication.symmetricKey.primaryKey === symmetricKey.primaryKey &&
    current.authentication.symmetricKey.secondaryKey === symmetricKey.secondaryKey &&
    isSame(
      current.authentication.x509Thumbprint.primaryThumbprint,
      x509Thumbprint.primaryThumbprint,
    ) &&
    isSame(
      current.authentication.x509Thumbprint.secondaryThumbprint,
      x509Thumbprint.secondaryThumbprint,
    )
  );
}

function isSame(left: string | null, right: string | null): boolean {
  return left?.toUpperCase() === right?.toUpperCase();
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value as JsonObject | undefined) ? (value as JsonObject) : {};
}

function devicePath(deviceId: string): string {
  return `/devices/${encodeURIComponent(deviceId)}`;
}

function twinPath(deviceId: string): string {
  return `/twins/${encodeURIComponent(deviceId)}`;
}
