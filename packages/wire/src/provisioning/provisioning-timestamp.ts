/** Seven fraction digits, as the hosted service writes them. */
export function provisioningTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "0000Z");
}
