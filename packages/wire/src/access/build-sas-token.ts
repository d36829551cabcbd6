export interface SasTokenRequest {
  /** Host name and path, without a scheme. */
  readonly resource: string;
  readonly expiresAtMs: number;
  /** Undefined for a device's or module's own token. */
  readonly policyName?: string | undefined;
  /** The base64 text of HMAC-SHA256 over the given text; keys stay with the caller. */
  readonly sign: (text: string) => string;
}

/** The token that clients send; the opposite of `parseSasToken`. */
export function buildSasToken(request: SasTokenRequest): string {
  const resource = encodeURIComponent(request.resource);
  const expiry = Math.floor(request.expiresAtMs / 1000);
  const signature = encodeURIComponent(request.sign(`${resource}\n${expiry}`));
  const token = `SharedAccessSignature sr=${resource}&sig=${signature}&se=${expiry}`;
  return request.policyName === undefined
    ? token
    : `${token}&skn=${encodeURIComponent(request.policyName)}`;
}
