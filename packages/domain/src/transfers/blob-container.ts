import type { ContainerAuthentication } from "./transfer.ts";

/** A place for blobs, in the hub's own account or in another. Texts are UTF-8 and never held as a whole. */
export interface BlobContainer {
  /** Throws `BlobNotFound`, `Busy`. */
  read(blobName: string): AsyncIterable<string>;
  /** Replaces what is there once all is written. Throws `BlobContainerInvalid`, `Busy`. */
  write(blobName: string, content: AsyncIterable<string>): Promise<void>;
}

/** Opens containers by the URIs that clients name. Throws `BlobContainerInvalid` for what is none. */
export interface BlobContainers {
  open(
    uri: string,
    access: {
      readonly authentication: ContainerAuthentication;
      readonly permission: "read" | "write";
    },
  ): BlobContainer;
}
