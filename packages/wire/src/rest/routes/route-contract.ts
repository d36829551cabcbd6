import type { Right } from "@larimar/domain";
import type { z } from "zod";
import type { ErrorForm } from "../error-body.ts";

export const HTTP_METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"] as const;

export type HttpMethod = (typeof HTTP_METHODS)[number];

/** Whom a route serves: holders of any one of these rights, the device that the path names, or anyone. */
export type Caller = { readonly rights: readonly Right[] } | "device" | "anyone";

/** The most a request's body may have; larger is refused with 413. */
export type BodyLimitName =
  | "bulkBytesMax"
  | "fileUploadBytesMax"
  | "identityBytesMax"
  | "methodBytesMax"
  | "telemetryBytesMax"
  | "twinBytesMax";

/**
 * One operation of the REST API, as data: the server routes, authorises and validates by it, and its
 * description for other people's tools is made from it.
 */
export interface RouteContract {
  readonly name: string;
  readonly method: HttpMethod;
  /** `/devices/{deviceId}`. */
  readonly path: string;
  readonly caller: Caller;
  readonly errorForm: ErrorForm;
  readonly isApiVersionRequired: boolean;
  /** Heeds `If-Match`. */
  readonly isConditional?: true;
  readonly query?: z.ZodType;
  readonly body?: {
    /** Absent when the body is not JSON, or not always. */
    readonly schema?: z.ZodType;
    readonly limit: BodyLimitName;
  };
  readonly success:
    | { readonly status: 200; readonly schema: z.ZodType }
    /** The body is not JSON, or not always. */
    | { readonly status: 200; readonly contentType: string }
    /** Nothing to read: the headers say it all. */
    | { readonly status: 202 }
    | { readonly status: 204 };
}

/** Keeps the exact types of what it is given, which the handlers' input is derived from. */
export function routeContract<const Contract extends RouteContract>(contract: Contract): Contract {
  return contract;
}
