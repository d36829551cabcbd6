/**
 * JSON without any character beyond ASCII: one SDK drops the high bits of what it reads, which can turn a
 * letter into a quote. (protocol reference: provisioning 3.3)
 */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^\u0020-\u007e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
