import type { Collection, QueryPath } from "./language/query-ast.ts";

/**
 * The names that the service itself gave out: they are found whatever their case, and results carry them as
 * they are written here. Names that users chose are theirs, case included.
 */
interface FieldTree {
  readonly [name: string]: FieldTree | true;
}

const TWIN_FIELDS: FieldTree = {
  id: true,
  deviceId: true,
  moduleId: true,
  modelId: true,
  etag: true,
  deviceEtag: true,
  version: true,
  status: true,
  statusReason: true,
  statusUpdateTime: true,
  statusUpdatedTime: true,
  connectionState: true,
  lastActivityTime: true,
  cloudToDeviceMessageCount: true,
  authenticationType: true,
  x509Thumbprint: { primaryThumbprint: true, secondaryThumbprint: true },
  capabilities: { iotEdge: true },
  configurations: true,
  deviceScope: true,
  parentScopes: true,
  tags: true,
  properties: { desired: true, reported: true },
};

const JOB_FIELDS: FieldTree = {
  id: true,
  jobId: true,
  jobType: true,
  deviceId: true,
  moduleId: true,
  status: true,
  startTimeUtc: true,
  endTimeUtc: true,
  createdDateTimeUtc: true,
  createdTimeUtc: true,
  lastUpdatedDateTimeUtc: true,
  lastUpdatedTimeUtc: true,
  outcome: true,
  error: true,
};

/** Older or shorter names of root fields, and where the documents have them. */
const SYNONYMS = new Map([
  ["id", "deviceId"],
  ["statusUpdatedTime", "statusUpdateTime"],
  ["createdTimeUtc", "createdDateTimeUtc"],
  ["lastUpdatedTimeUtc", "lastUpdatedDateTimeUtc"],
]);

/** These are parts of `properties`; alone they would silently find nothing. */
const NEEDS_PROPERTIES: readonly string[] = ["desired", "reported"];

/** Where a collection's documents have what a query names so; undefined for what they cannot have. */
export function resolveField(
  collection: Collection,
  written: readonly (string | number)[],
): QueryPath | undefined {
  let tree: FieldTree | undefined = collection === "devices.jobs" ? JOB_FIELDS : TWIN_FIELDS;
  const segments: (string | number)[] = [];
  for (const segment of written) {
    const name: string | undefined = tree && canonicalName(tree, segment);
    segments.push(name ?? segment);
    const next: FieldTree | true | undefined = name === undefined ? undefined : tree?.[name];
    tree = typeof next === "object" ? next : undefined;
  }
  const root = String(segments[0]);
  if (collection === "devices.jobs" && !Object.hasOwn(JOB_FIELDS, root)) return undefined;
  if (NEEDS_PROPERTIES.includes(root)) return undefined;
  const name = segments.findLast((segment) => typeof segment === "string") ?? root;
  return { segments: [SYNONYMS.get(root) ?? root, ...segments.slice(1)], name };
}

function canonicalName(tree: FieldTree, segment: string | number): string | undefined {
  if (typeof segment === "number") return undefined;
  const folded = segment.toLowerCase();
  return Object.keys(tree).find((name) => name.toLowerCase() === folded);
}
