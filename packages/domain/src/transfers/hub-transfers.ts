import type { BlobContainers } from "./blob-container.ts";
import type { TransferFormat } from "./transfer-format.ts";
import type { TransferStore } from "./transfer-store.ts";

/** What imports and exports of a hub stand on. */
export interface HubTransfersParts {
  readonly transfers: TransferStore;
  readonly containers: BlobContainers;
  readonly transferFormat: TransferFormat;
}
