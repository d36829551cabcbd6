import type { IncomingHttpHeaders } from "node:http";
import type { AuthenticatedIdentity, EtagCondition, Hub } from "@larimar/domain";
import { type CompiledPath, type PathParams, type RouteContract, compilePath } from "@larimar/wire";
import type { z } from "zod";

type QueryOf<Contract> = Contract extends { query: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;

type BodyOf<Contract> = Contract extends { body: { schema: infer Schema extends z.ZodType } }
  ? z.output<Schema>
  : Contract extends { body: object }
    ? Uint8Array
    : undefined;

/** A request that was routed, authorised and validated. */
export interface RouteInput<Contract extends RouteContract> {
  readonly hub: Contract["caller"] extends "anyone" ? undefined : Hub;
  /** Who has proved to be the device or the module of the path. */
  readonly identity: Contract["caller"] extends "device" ? AuthenticatedIdentity : undefined;
  readonly params: PathParams<Contract["path"]>;
  readonly query: QueryOf<Contract>;
  readonly body: BodyOf<Contract>;
  readonly ifMatch: EtagCondition | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Names and values by turns, in the order and the spelling they came in. */
  readonly rawHeaders: readonly string[];
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export type Answer = JsonAnswer | RawAnswer | EmptyAnswer | { readonly status: 204 };

/** No body, but headers that say something. */
export interface EmptyAnswer {
  readonly status: 202;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface JsonAnswer {
  /** Results that are not, or not all, what was asked for come with another status than 200. */
  readonly status: 200 | 207 | 400;
  readonly body: unknown;
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body that is sent as it is; the headers say what it is. */
export interface RawAnswer {
  readonly status: 200;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Route {
  readonly contract: RouteContract;
  readonly path: CompiledPath;
  handle(input: RouteInput<RouteContract>): Promise<Answer>;
}

export function route<Contract extends RouteContract>(
  contract: Contract,
  handle: (input: RouteInput<Contract>) => Promise<Answer>,
): Route {
  // The contract is what the input was made by, so its types are those of the handler.
  return { contract, path: compilePath(contract.path), handle };
}
