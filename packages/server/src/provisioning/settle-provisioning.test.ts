import type { HubSettings, ProvisioningSettings } from "@larimar/domain";
import { ManualClock } from "@larimar/testkit";
import { describe, expect, test } from "vitest";
import { NodeSecrets } from "../secrets/node-secrets.ts";
import { settleProvisioning } from "./settle-provisioning.ts";

function hub(name: string, hostNames: string[], createdAtMs: number): HubSettings {
  return { name, hostNames, createdAtMs } as unknown as HubSettings;
}

/** One data directory, started again and again. */
class Starts {
  readonly #clock = new ManualClock();
  #stored: ProvisioningSettings | undefined;

  async start(
    hubs: readonly HubSettings[],
    hosts = ["localhost"],
    startedAtMs = 100,
  ): Promise<ProvisioningSettings | undefined> {
    const [settings] = await settleProvisioning({
      store: {
        find: async () => this.#stored,
        put: async (next, expectedEtag) => {
          if (this.#stored?.etag !== expectedEtag) return "conflict";
          this.#stored = next;
          return "written";
        },
        delete: async () => {
          this.#stored = undefined;
        },
        list: async () => (this.#stored === undefined ? [] : [this.#stored]),
      },
      secrets: new NodeSecrets(),
      clock: this.#clock,
      hubs,
      hosts,
      serverNames: ["127.0.0.1"],
      startedAtMs,
    });
    return settings;
  }

  change(change: Partial<ProvisioningSettings>): void {
    if (this.#stored !== undefined) this.#stored = { ...this.#stored, ...change };
  }
}

describe("the provisioning service of a server", () => {
  test("is made at first start, for all hubs, under the names of the server", async () => {
    const settings = await new Starts().start([
      hub("local", ["localhost", "local.localhost"], 100),
      hub("other", ["other.localhost"], 101),
    ]);
    expect(settings).toMatchObject({
      name: "local-dps",
      idScope: expect.stringMatching(/^0ne[0-9A-F]{8}$/) as string,
      hostNames: ["localhost", "local-dps.localhost", "127.0.0.1"],
      allocationPolicy: "hashed",
      linkedHubs: [
        { hostName: "localhost", hubName: "local", aliases: ["local.localhost"] },
        { hostName: "other.localhost", hubName: "other", allocationWeight: 1 },
      ],
    });
  });

  test("stays as it is at the next start", async () => {
    const starts = new Starts();
    const hubs = [hub("local", ["localhost"], 100)];
    const first = await starts.start(hubs);
    expect(await starts.start(hubs, ["localhost"], 200)).toEqual(first);
  });

  test("follows its hubs when they get other host names, and knows the earlier ones", async () => {
    const starts = new Starts();
    const first = await starts.start([hub("local", ["localhost"], 100)]);
    const next = await starts.start([hub("local", ["hub.test"], 100)], ["hub.test"], 200);
    expect(next).toMatchObject({
      idScope: first?.idScope,
      hostNames: ["hub.test", "local-dps.hub.test", "local-dps.localhost", "127.0.0.1"],
      linkedHubs: [{ hostName: "hub.test", hubName: "local", aliases: ["localhost"] }],
    });
  });

  test("links a hub that is new, and none that somebody unlinked", async () => {
    const starts = new Starts();
    const hubs = [hub("local", ["localhost"], 100), hub("other", ["other.localhost"], 100)];
    await starts.start(hubs);
    starts.change({ linkedHubs: [] });
    const next = await starts.start(
      [...hubs, hub("new", ["new.localhost"], 200)],
      ["localhost"],
      200,
    );
    expect(next?.linkedHubs.map(({ hubName }) => hubName)).toEqual(["new"]);
  });
});
