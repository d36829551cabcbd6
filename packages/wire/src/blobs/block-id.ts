/** 64 bytes in base64. */
const BLOCK_ID_LENGTH_MAX = 88;

/** Base64 of 1 to 64 bytes, as clients name their blocks. */
export function isBlockId(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= BLOCK_ID_LENGTH_MAX &&
    text.length % 4 === 0 &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(text)
  );
}
