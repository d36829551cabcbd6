import type { BulkHub, BulkItem } from "../devices/bulk-operations.ts";
import { BULK_ITEMS_MAX, applyBulk } from "../devices/bulk-operations.ts";
import { describeIdentity } from "../devices/device.ts";
import { SYSTEM_MODULES } from "../devices/module.ts";
import { HubError } from "../errors/hub-error.ts";
import { LINE_END, readLines } from "./text-lines.ts";
import type { TransferFormat } from "./transfer-format.ts";

/** Does what each line says and yields what was refused; a refused line keeps no other from being done. */
export async function* importIdentities(
  hub: BulkHub,
  format: TransferFormat,
  content: AsyncIterable<string>,
): AsyncGenerator<string> {
  let batch = new Map<string, BulkItem>();
  for await (const line of readLines(content)) {
    const item = readItem(format, line.text);
    if (typeof item === "string") {
      yield format.refusal({ lineNumber: line.number, problem: item }) + LINE_END;
      continue;
    }
    const name = describeIdentity(item.key);
    // Lines about one identity are done one after the other.
    if (batch.size === BULK_ITEMS_MAX || batch.has(name)) {
      yield* applyBatch(hub, format, batch);
      batch = new Map();
    }
    batch.set(name, item);
  }
  yield* applyBatch(hub, format, batch);
}

function readItem(format: TransferFormat, line: string): BulkItem | string {
  try {
    const item = format.parse(line);
    const isSystem = SYSTEM_MODULES.includes(item.key.moduleId ?? "");
    // An export has them, but they come and go with their device: only their twins are somebody's.
    return isSystem && item.mode === "createOrUpdate" ? { ...item, mode: "updateTwin" } : item;
  } catch (error) {
    if (error instanceof HubError) return error.message;
    throw error;
  }
}

async function* applyBatch(
  hub: BulkHub,
  format: TransferFormat,
  batch: ReadonlyMap<string, BulkItem>,
): AsyncGenerator<string> {
  const { errors, twinsLeftOut } = await applyBulk(hub, [...batch.values()]);
  const refused = [...errors, ...twinsLeftOut].map((problem) => format.refusal(problem) + LINE_END);
  // Empty when all was done, so that whoever waits for the next piece sees that there is progress.
  yield refused.join("");
}
