export type TransferType = "export" | "import";

export type TransferStatus = "enqueued" | "running" | "completed" | "failed" | "cancelled";

/** Whether the URI of a container brings its own permission, or the hub's will do. */
export type ContainerAuthentication = "keyBased" | "identityBased";

/** All identities of a hub, and all configurations where they are asked for, written to blobs or read from them. */
export interface TransferRequest {
  readonly type: TransferType;
  /** Imports only. */
  readonly inputContainerUri: string | undefined;
  readonly inputBlobName: string;
  /** Of an export, or of what an import refused. */
  readonly outputContainerUri: string;
  readonly outputBlobName: string;
  readonly authentication: ContainerAuthentication;
  /** Exports only: identities come without their keys. */
  readonly excludesKeys: boolean;
  /** In the output container of an export, the input container of an import. Undefined leaves configurations alone. */
  readonly configurationsBlobName?: string | undefined;
}

/** URIs are kept without what gives access to them. */
export interface Transfer extends TransferRequest {
  readonly jobId: string;
  readonly status: TransferStatus;
  readonly createdAtMs: number;
  /** 0 before. */
  readonly endedAtMs: number;
  /** 0 to 100. */
  readonly progress: number;
  readonly failureReason: string | undefined;
}

export function isOver({ status }: Pick<Transfer, "status">): boolean {
  return status !== "enqueued" && status !== "running";
}
