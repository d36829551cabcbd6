import type { Device, JsonObject, JsonValue, Presence, Twin } from "@larimar/domain";
import { createTwin } from "@larimar/domain";
import fc from "fast-check";

const KEYS = ["a", "b", "group", "my key", "__proto__", "ä€😀", 'q"\\', "x-1"];
const TEXTS = ["", "a", "ab", "b", "A", "é", "\u{1f600}", "\uffee", "1", "true", "null", "a'b\"\\"];
const NUMBERS = [0, 1, -1, 2, 1.5, 0.1, 55, 4_503_599_627_370_495, -4_503_599_627_370_496, 1e300];

export const anyText = fc.constantFrom(...TEXTS);
export const anyNumber = fc.constantFrom(...NUMBERS);
export const anyKey = fc.constantFrom(...KEYS);

const anyLeaf: fc.Arbitrary<JsonValue> = fc.oneof(anyText, anyNumber, fc.boolean());

export const { value: anyJson } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    anyLeaf,
    fc.array(fc.oneof(anyLeaf, fc.constant(null), tie("value")), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc
    .uniqueArray(fc.tuple(anyKey, tie("value")), { maxLength: 3, selector: ([key]) => key })
    .map((entries) => Object.fromEntries(entries)),
}));

const anyObject: fc.Arbitrary<JsonObject> = fc
  .uniqueArray(fc.tuple(anyKey, anyJson), { maxLength: 4, selector: ([key]) => key })
  .map((entries) => Object.fromEntries(entries));

export interface RandomIdentity {
  readonly device: Omit<Device, "deviceId">;
  readonly presence: Presence | undefined;
  readonly twin: Omit<Twin, "key">;
  /** Of the module that the device has, if any. */
  readonly module: Omit<Twin, "key"> | undefined;
}

const anyTwin: fc.Arbitrary<Omit<Twin, "key">> = fc.record({
  version: fc.integer({ min: 2, max: 5 }),
  etag: fc.constantFrom("AAAAAAAAAAE=", "AAAAAAAAAAI="),
  modelId: fc.constantFrom("", "dtmi:com:example:Thermostat;1"),
  tags: anyObject,
  desired: fc.record({
    values: anyObject,
    metadata: fc.constant(createTwin({ deviceId: "d" }, 1_700_000_000_123).desired.metadata),
    version: fc.integer({ min: 1, max: 4 }),
  }),
  reported: fc.record({
    values: anyObject,
    metadata: fc.constant(createTwin({ deviceId: "d" }, 0).reported.metadata),
    version: fc.integer({ min: 1, max: 4 }),
  }),
  configurations: fc.constantFrom<Twin["configurations"]>(
    {},
    { a: { status: "Applied" } },
    { "my key": { status: "Targeted" } },
  ),
});

const anyDevice: fc.Arbitrary<Omit<Device, "deviceId">> = fc.record({
  generationId: fc.constant("1"),
  etag: fc.constantFrom("e1", "e2"),
  status: fc.constantFrom("enabled", "disabled"),
  statusReason: fc.option(anyText, { nil: undefined }),
  statusUpdatedAtMs: fc.constantFrom(0, 1_700_000_000_123),
  authentication: fc.constantFrom<Device["authentication"]>(
    { type: "sas", primaryKey: "k", secondaryKey: "k" },
    { type: "selfSigned", primaryThumbprint: "AB", secondaryThumbprint: undefined },
    { type: "none" },
  ),
  capabilities: fc.record({ iotEdge: fc.boolean() }),
  deviceScope: fc.option(fc.constant("scope"), { nil: undefined }),
  parentScopes: fc.constantFrom<readonly string[]>([], ["scope"]),
});

export const anyIdentity: fc.Arbitrary<RandomIdentity> = fc.record({
  device: anyDevice,
  presence: fc.option(
    fc.record({
      isConnected: fc.boolean(),
      connectionStateUpdatedAtMs: fc.constant(5),
      lastActivityAtMs: fc.constantFrom(0, 1_700_000_000_001),
    }),
    { nil: undefined },
  ),
  twin: anyTwin,
  module: fc.option(anyTwin, { nil: undefined }),
});
