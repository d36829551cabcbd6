import type { JsonValue } from "../json/json-value.ts";
import { jsonObject } from "../json/json-value.ts";
import type { Twin } from "../twins/twin.ts";

/** What conditions and enrichments call `$twin`. */
export function twinDocumentOf({ tags, desired, reported }: Twin): JsonValue {
  return jsonObject([
    ["tags", tags],
    [
      "properties",
      jsonObject([
        ["desired", desired.values],
        ["reported", reported.values],
      ]),
    ],
  ]);
}
