import type { BulkItem, BulkProblem } from "../devices/bulk-operations.ts";
import type { Configuration } from "../configurations/configuration.ts";
import type { ConfigurationInput } from "../configurations/configurations.ts";
import type { Device } from "../devices/device.ts";
import type { EtagCondition } from "../devices/device-registry.ts";
import type { Module } from "../devices/module.ts";
import type { HubError } from "../errors/hub-error.ts";
import type { Twin } from "../twins/twin.ts";

export interface LineOptions {
  readonly excludesKeys: boolean;
}

/** What a line makes of a configuration; one that is there already is changed on this condition alone. */
export interface ConfigurationItem {
  readonly input: ConfigurationInput;
  readonly condition: EtagCondition | undefined;
}

export interface ConfigurationProblem {
  readonly configurationId: string;
  readonly error: HubError;
}

export interface UnreadableLine {
  readonly lineNumber: number;
  readonly problem: string;
  /** Undefined where it is a line of identities. */
  readonly blobName?: string;
}

/** How identities and configurations are written, one to a line. Lines are without their ends. */
export interface TransferFormat {
  device(device: Device, twin: Twin | undefined, options: LineOptions): string;
  module(module: Module, twin: Twin | undefined, options: LineOptions): string;
  configuration(configuration: Configuration): string;
  /** Throws `ArgumentInvalid` with what is wrong. */
  parse(line: string): BulkItem;
  /** Throws `ArgumentInvalid` with what is wrong. */
  parseConfiguration(line: string): ConfigurationItem;
  /** What was refused of a line, and why; `problem` alone when the line could not be read. */
  refusal(refused: BulkProblem | ConfigurationProblem | UnreadableLine): string;
}
