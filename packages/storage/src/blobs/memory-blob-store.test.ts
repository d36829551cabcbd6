import { MemoryBlobStore, MemoryPendingUploadStore } from "@larimar/domain/fixtures";
import { blobStoreContract } from "../contracts/blob-store.contract.ts";
import { pendingUploadStoreContract } from "../contracts/pending-upload-store.contract.ts";

// What the tests of heads and rules stand on has to keep the same promises.
blobStoreContract("memory", async () => new MemoryBlobStore());
pendingUploadStoreContract("memory", async () => new MemoryPendingUploadStore());
