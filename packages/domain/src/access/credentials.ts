/**
 * A shared access signature, taken apart but not interpreted: the signature covers the texts of `sr` and
 * `se` exactly as the client wrote them, so they stay as they came.
 */
export interface SasToken {
  readonly rawResource: string;
  readonly rawExpiry: string;
  readonly expiresAtMs: number;
  /** Base64 text, URL-decoded. */
  readonly signature: string;
  /** URL-decoded; undefined for a device's or module's own token. */
  readonly policyName: string | undefined;
  /** Every way the resource can be read as [host, ...segments]; ids such as `a%20b` make it ambiguous. */
  readonly resourceReadings: readonly (readonly string[])[];
}

/** The client certificate of a TLS connection, judged against an identity, never by the handshake. */
export interface ClientCertificate {
  readonly sha1Thumbprint: string;
  readonly sha256Thumbprint: string;
  readonly subjectCommonName: string | undefined;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** DER of the leaf first, then whatever chain the client sent. */
  readonly chainDer: readonly Uint8Array[];
}

export interface DeviceCredentials {
  readonly sasToken?: SasToken | undefined;
  readonly certificate?: ClientCertificate | undefined;
}
