import type { ContentClaim, ContentClaimStore, TwinStore } from "@larimar/domain";
import { createTwin } from "@larimar/domain";
import { describe, expect, it } from "vitest";

export interface OpenContentClaimStore {
  readonly claims: ContentClaimStore;
  /** The twins that `putTwin` writes to. */
  readonly twins: TwinStore;
}

export function claim(holder: string, changes: Partial<ContentClaim> = {}): ContentClaim {
  return { deviceId: "d1", holder, expiresAtMs: 100, ...changes };
}

/** `open` gives empty stores each time. */
export function contentClaimStoreContract(
  name: string,
  open: () => Promise<OpenContentClaimStore>,
): void {
  describe(`ContentClaimStore contract: ${name}`, () => {
    it("lets one of several have a device, until it is released", async () => {
      const { claims } = await open();
      expect(await claims.take(claim("a"), 0)).toBe("taken");
      expect(await claims.take(claim("b"), 0)).toBe("held");
      expect(await claims.take(claim("b", { deviceId: "d2" }), 0)).toBe("taken");
      await claims.release(claim("a"));
      expect(await claims.take(claim("b"), 0)).toBe("taken");
    });

    it("gives a claim whose time is over to the next, and to nobody before", async () => {
      const { claims } = await open();
      await claims.take(claim("a"), 0);
      expect(await claims.take(claim("b", { expiresAtMs: 200 }), 99)).toBe("held");
      expect(await claims.take(claim("b", { expiresAtMs: 200 }), 100)).toBe("taken");
      expect(await claims.take(claim("c", { expiresAtMs: 300 }), 199)).toBe("held");
    });

    it("releases nothing that another has taken", async () => {
      const { claims } = await open();
      await claims.take(claim("b"), 0);
      await claims.release(claim("a"));
      expect(await claims.take(claim("c"), 0)).toBe("held");
    });

    it("writes twins, and lasts longer with each", async () => {
      const { claims, twins } = await open();
      const twin = createTwin({ deviceId: "d1", moduleId: "m1" }, 0);
      await twins.put(twin, undefined);
      await claims.take(claim("a"), 0);
      const next = { ...twin, version: twin.version + 1, tags: { hall: 3 } };
      const change = { twin: next, expectedVersion: twin.version };
      expect(await claims.putTwin(claim("a", { expiresAtMs: 150 }), change)).toBe("written");
      expect(await twins.find(twin.key)).toMatchObject({ tags: { hall: 3 } });
      expect(await claims.putTwin(claim("a", { expiresAtMs: 150 }), change)).toBe("conflict");
      expect(await claims.take(claim("b"), 149)).toBe("held");
    });

    it("writes no twin for somebody who has lost it", async () => {
      const { claims, twins } = await open();
      const twin = createTwin({ deviceId: "d1" }, 0);
      await twins.put(twin, undefined);
      const next = { ...twin, version: twin.version + 1, tags: { hall: 3 } };
      const change = { twin: next, expectedVersion: twin.version };
      expect(await claims.putTwin(claim("a"), change)).toBe("lost");
      await claims.take(claim("a"), 0);
      await claims.take(claim("b", { expiresAtMs: 200 }), 100);
      expect(await claims.putTwin(claim("a", { expiresAtMs: 300 }), change)).toBe("lost");
      expect(await twins.find(twin.key)).toMatchObject({ tags: {} });
      expect(await claims.putTwin(claim("b", { expiresAtMs: 300 }), change)).toBe("written");
    });
  });
}
