import type { TestCertificate } from "@larimar/testkit";
import type { LatencySummary } from "../load/latency-histogram.ts";
import type { LoadTarget } from "../load/messages.ts";

/** How the devices of a storm prove themselves: with keys derived from a group's, or certificates below its. */
export type StormCredentials =
  | { readonly kind: "keys"; readonly groupKey: string }
  | { readonly kind: "certificates"; readonly issuer: TestCertificate };

export interface PrepareCommand {
  readonly kind: "prepare";
  readonly idScope: string;
  /** Of the registration ids. */
  readonly prefix: string;
  readonly count: number;
  readonly credentials: StormCredentials;
}

export interface StormCommand {
  readonly kind: "storm";
  readonly transport: "mqtt" | "https";
  readonly target: LoadTarget;
  /** Devices under way at once; the others follow as these finish. */
  readonly simultaneousMax: number;
}

export interface StormResult {
  readonly assigned: number;
  /** Devices that gave up, by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** Attempts beyond the first of each device, by what ended the one before. */
  readonly repeated: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** From a device's first packet until it knows its hub, with the wait that the server asks for in between. */
  readonly latency: LatencySummary;
  readonly generatorCpuSeconds: number;
}

export type StormGeneratorCommand = PrepareCommand | StormCommand;

export type StormGeneratorReport =
  | { readonly kind: "prepared" }
  | { readonly kind: "finished"; readonly result: StormResult }
  | { readonly kind: "failed"; readonly message: string };
