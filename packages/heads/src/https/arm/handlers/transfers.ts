import { formatTransfer, readExport, readImport } from "@larimar/wire";
import type { ArmHandlers } from "../arm-input.ts";
import { hubOf, ok } from "../arm-input.ts";

type Names = "exportDevices" | "getHubTransfer" | "importDevices" | "listHubTransfers";

/** Imports and exports of a hub's identities and configurations. */
export const transferHandlers: ArmHandlers<Names> = {
  async listHubTransfers(input) {
    return ok({ value: (await hubOf(input).transfers.list()).map(formatTransfer) });
  },

  async getHubTransfer(input) {
    return ok(formatTransfer(await hubOf(input).transfers.get(input.params.jobId)));
  },

  async exportDevices(input) {
    return ok(formatTransfer(await hubOf(input).transfers.begin(readExport(input.body))));
  },

  async importDevices(input) {
    return ok(formatTransfer(await hubOf(input).transfers.begin(readImport(input.body))));
  },
};
