import type { BulkItem, BulkProblem } from "../devices/bulk-operations.ts";
import type { Device } from "../devices/device.ts";
import type { Module } from "../devices/module.ts";
import type { Twin } from "../twins/twin.ts";

export interface LineOptions {
  readonly excludesKeys: boolean;
}

/** How identities are written, one to a line. Lines are without their ends. */
export interface TransferFormat {
  device(device: Device, twin: Twin | undefined, options: LineOptions): string;
  module(module: Module, twin: Twin | undefined, options: LineOptions): string;
  /** Throws `ArgumentInvalid` with what is wrong. */
  parse(line: string): BulkItem;
  /** What was refused of a line, and why; `problem` alone when the line could not be read. */
  refusal(refused: BulkProblem | { readonly lineNumber: number; readonly problem: string }): string;
}
