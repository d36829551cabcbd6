import type { BlobErrorCode } from "@larimar/domain";
import { element } from "./xml/xml.ts";

/** What only a request to the blob endpoint can do wrong; the domain never hears of it. */
export const BLOB_REQUEST_ERROR_CODES = [
  "InternalError",
  "InvalidBlobType",
  "InvalidHeaderValue",
  "InvalidMd5",
  "InvalidMetadata",
  "InvalidQueryParameterValue",
  "InvalidUri",
  "InvalidXmlDocument",
  "MissingRequiredHeader",
  "MissingRequiredQueryParameter",
  "OutOfRangeQueryParameterValue",
  "UnsupportedHeader",
  "UnsupportedHttpVerb",
  "UnsupportedQueryParameter",
] as const;

export type BlobRequestErrorCode = (typeof BLOB_REQUEST_ERROR_CODES)[number];

/** The status of each refusal; the code itself is the name that clients look for. */
export const BLOB_ERROR_STATUSES = {
  AuthenticationFailed: 403,
  AuthorizationPermissionMismatch: 403,
  BlobAlreadyExists: 409,
  BlobNotFound: 404,
  BlockCountExceedsLimit: 409,
  BlockListTooLong: 400,
  ConditionNotMet: 412,
  ContainerAlreadyExists: 409,
  ContainerNotFound: 404,
  InvalidBlockList: 400,
  InvalidRange: 416,
  InvalidResourceName: 400,
  Md5Mismatch: 400,
  MetadataTooLarge: 400,
  NoAuthenticationInformation: 401,
  NotModified: 304,
  RequestBodyTooLarge: 413,
  ServerBusy: 503,
  TooManyContainers: 409,

  InternalError: 500,
  InvalidBlobType: 409,
  InvalidHeaderValue: 400,
  InvalidMd5: 400,
  InvalidMetadata: 400,
  InvalidQueryParameterValue: 400,
  InvalidUri: 400,
  InvalidXmlDocument: 400,
  MissingRequiredHeader: 400,
  MissingRequiredQueryParameter: 400,
  OutOfRangeQueryParameterValue: 400,
  UnsupportedHeader: 400,
  UnsupportedHttpVerb: 405,
  UnsupportedQueryParameter: 400,
} as const satisfies Record<BlobErrorCode | BlobRequestErrorCode, number>;

export interface BlobErrorReport {
  readonly code: BlobErrorCode | BlobRequestErrorCode;
  readonly message: string;
  readonly requestId: string;
  readonly nowMs: number;
}

export function formatBlobError({ code, message, requestId, nowMs }: BlobErrorReport): string {
  const time = new Date(nowMs).toISOString();
  const text = `${message}\nRequestId:${requestId}\nTime:${time}`;
  return `<?xml version="1.0" encoding="utf-8"?><Error>${element("Code", code)}${element("Message", text)}</Error>`;
}
