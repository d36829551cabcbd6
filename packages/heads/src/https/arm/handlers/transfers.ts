import { HubError } from "@larimar/domain";
import { formatTransfer, readExport, readImport } from "@larimar/wire";
import type { ArmHandlers } from "../arm-input.ts";
import { hubOf, ok } from "../arm-input.ts";

type Names = "exportDevices" | "getHubTransfer" | "importDevices" | "listHubTransfers";

/** Imports and exports of a hub's identities. */
export const transferHandlers: ArmHandlers<Names> = {
  async listHubTransfers(input) {
    return ok({ value: (await hubOf(input).transfers.list()).map(formatTransfer) });
  },

  async getHubTransfer(input) {
    return ok(formatTransfer(await hubOf(input).transfers.get(input.params.jobId)));
  },

  async exportDevices(input) {
    refuseConfigurations(input.body);
    return ok(formatTransfer(await hubOf(input).transfers.begin(readExport(input.body))));
  },

  async importDevices(input) {
    refuseConfigurations(input.body);
    return ok(formatTransfer(await hubOf(input).transfers.begin(readImport(input.body))));
  },
};

function refuseConfigurations(body: {
  readonly includeConfigurations?: boolean | null | undefined;
}): void {
  if (body.includeConfigurations !== true) return;
  throw new HubError("ArgumentInvalid", "Configurations are neither imported nor exported");
}
