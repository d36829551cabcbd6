/** How tables name a hub: clients compare hub names without case. */
export function hubKey(hubName: string): string {
  return hubName.toLowerCase();
}
