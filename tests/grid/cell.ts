import type { Feature, Transport } from "./features.ts";
import type { SDKS, SdkName } from "./sdks.ts";

/** What a test shows: that this feature works with this SDK on this transport. */
export interface Cell<Name extends SdkName = SdkName> {
  readonly sdk: Name;
  readonly transport: Transport;
  readonly feature: Feature<(typeof SDKS)[Name]["kind"]>;
}

export interface AnyCell {
  readonly sdk: SdkName;
  readonly transport: Transport;
  readonly feature: string;
}

declare module "vitest" {
  interface TaskMeta {
    cells?: readonly AnyCell[];
  }
}

/**
 * Options for `test(name, cell({ … }), body)`: when the test passes, the compatibility grid has these cells.
 * CONTRIBUTING.md says how to write them into the document.
 */
export function cell<const Name extends SdkName>(
  ...cells: readonly Cell<Name>[]
): { meta: { cells: readonly AnyCell[] } } {
  return { meta: { cells } };
}
