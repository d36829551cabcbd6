export interface RequestTarget {
  /** Only absolute-form targets name one; it then counts more than the Host header. [RFC 9112 3.2.2] */
  readonly host: string | undefined;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/** Reads `/path?query` and `https://host/path?query`. Nothing is decoded, and `#` is an ordinary character. */
export function readRequestTarget(target: string): RequestTarget {
  const absolute = /^(?:https?|wss?):\/\/([^/?]*)(.*)$/is.exec(target);
  const rest = absolute?.[2] ?? target;
  const question = rest.indexOf("?");
  return {
    host: absolute?.[1]?.replace(/^.*@/, ""),
    path: question < 0 ? rest : rest.slice(0, question),
    query: question < 0 ? "" : rest.slice(question + 1),
  };
}
