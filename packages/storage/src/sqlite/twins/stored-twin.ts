import type { IdentityKey, JsonObject, Twin, TwinConfigurations } from "@larimar/domain";

/** A twin as its rows tell it. */
export interface StoredTwin {
  readonly version: number;
  readonly etag: string;
  readonly modelId: string;
  readonly tags: string;
  readonly desired: string;
  readonly desiredMetadata: string;
  readonly desiredVersion: number;
  readonly reported: string;
  readonly reportedMetadata: string;
  readonly reportedVersion: number;
  readonly configurations: string;
}

/** Of `twins AS t`, with `twin_metadata AS x` beside it. */
export const STORED_TWIN_COLUMNS = `
  t.version, t.etag, t.model_id AS modelId, json(t.tags) AS tags,
  json(t.desired) AS desired, json(x.desired) AS desiredMetadata,
  t.desired_version AS desiredVersion,
  json(t.reported) AS reported, json(x.reported) AS reportedMetadata,
  t.reported_version AS reportedVersion, json(t.configurations) AS configurations`;

export function decodeTwin(key: IdentityKey, row: StoredTwin): Twin {
  return {
    key,
    version: row.version,
    etag: row.etag,
    modelId: row.modelId,
    tags: parse(row.tags),
    desired: {
      values: parse(row.desired),
      metadata: parse(row.desiredMetadata),
      version: row.desiredVersion,
    },
    reported: {
      values: parse(row.reported),
      metadata: parse(row.reportedMetadata),
      version: row.reportedVersion,
    },
    configurations: JSON.parse(row.configurations) as TwinConfigurations,
  };
}

function parse(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}
