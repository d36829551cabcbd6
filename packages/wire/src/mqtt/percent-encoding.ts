/** Escapes of one well-formed UTF-8 sequence each; whatever else follows a percent sign stays as it is. */
const ESCAPED_CHARACTER =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}/gi;

/** A plus sign stays a plus sign: no SDK means a space by it. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  return (
    tryDecode(text) ?? text.replaceAll(ESCAPED_CHARACTER, (escape) => tryDecode(escape) ?? escape)
  );
}

export function percentEncode(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\u{fffd}"));
}

function tryDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
