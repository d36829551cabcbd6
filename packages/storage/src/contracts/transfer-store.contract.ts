import type { Transfer, TransferStore } from "@larimar/domain";
import { describe, expect, it } from "vitest";

export function transfer(jobId: string, changes: Partial<Transfer> = {}): Transfer {
  return {
    jobId,
    type: "export",
    inputContainerUri: undefined,
    inputBlobName: "devices.txt",
    outputContainerUri: "https://account/container",
    outputBlobName: "devices.txt",
    authentication: "keyBased",
    excludesKeys: false,
    status: "enqueued",
    createdAtMs: 1,
    endedAtMs: 0,
    progress: 0,
    failureReason: undefined,
    ...changes,
  };
}

export function transferStoreContract(name: string, open: () => Promise<TransferStore>): void {
  describe(`TransferStore contract: ${name}`, () => {
    it("keeps the last that was said of each", async () => {
      const store = await open();
      await store.put(transfer("a"));
      await store.put(transfer("b"));
      const ended = transfer("a", { status: "failed", endedAtMs: 2, failureReason: "why" });
      await store.put(ended);
      expect(await store.find("a")).toEqual(ended);
      expect(await store.find("c")).toBeUndefined();
      expect((await store.list(5)).map(({ jobId }) => jobId)).toEqual(["b", "a"]);
      expect((await store.list(1)).map(({ jobId }) => jobId)).toEqual(["b"]);
    });

    it("forgets what is old", async () => {
      const store = await open();
      await store.put(transfer("old", { createdAtMs: 1 }));
      await store.put(transfer("new", { createdAtMs: 2 }));
      await store.removeCreatedBefore(2);
      expect((await store.list(5)).map(({ jobId }) => jobId)).toEqual(["new"]);
    });
  });
}
