/** The token after the word, whatever its case; undefined for any other way to authenticate. */
export function bearerIn(header: string): string | undefined {
  return /^bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header)?.[1];
}
