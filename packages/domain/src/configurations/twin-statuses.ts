import type { ConfigurationStatus, TwinConfigurations } from "../twins/twin.ts";

/** What others have said of the twin stays, and what is one's own becomes this. */
export function statusesBeside(
  current: TwinConfigurations,
  isOwn: (id: string) => boolean,
  statuses: readonly (readonly [id: string, status: ConfigurationStatus])[],
): TwinConfigurations {
  const others = Object.entries(current).filter(([id]) => !isOwn(id));
  const own = statuses.map(([id, status]) => [id, { status }] as const);
  return Object.fromEntries([...others, ...own]);
}

export function isSameStatuses(a: TwinConfigurations, b: TwinConfigurations): boolean {
  const ids = Object.keys(a);
  return (
    ids.length === Object.keys(b).length &&
    ids.every((id) => Object.hasOwn(b, id) && a[id]?.status === b[id]?.status)
  );
}
