/** What came of reading something a client wrote; the problem is told to the client. */
export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "invalid"; readonly problem: string };

export function read<T>(value: T): Reading<T> {
  return { kind: "read", value };
}

export function invalid(problem: string): Reading<never> {
  return { kind: "invalid", problem };
}
