const DAY_S = 86_400;
const HOUR_S = 3600;
const ISO = /^P(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$/i;
const CLOCK = /^(\d{1,6}):(\d{2}):(\d{2})$/;

/** `PT1H`, `P1DT30M`, and `1:00:00` of older tools, in milliseconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const clock = CLOCK.exec(text.trim());
  if (clock !== null) {
    const [, hours = 0, minutes = 0, seconds = 0] = clock.map(Number);
    return (hours * HOUR_S + minutes * 60 + seconds) * 1000;
  }
  const iso = ISO.exec(text.trim());
  if (iso === null || iso.slice(1).every((part) => part === undefined)) return undefined;
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
  return (days! * DAY_S + hours! * HOUR_S + minutes! * 60 + seconds!) * 1000;
}

/** The shortest spelling; anything below a second is left out. */
export function formatDuration(ms: number): string {
  const total = Math.floor(ms / 1000);
  const days = Math.floor(total / DAY_S);
  const hours = Math.floor((total % DAY_S) / HOUR_S);
  const minutes = Math.floor((total % HOUR_S) / 60);
  const seconds = total % 60;
  const time = [
    [hours, "H"],
    [minutes, "M"],
    [seconds, "S"],
  ] as const;
  const parts = time.filter(([value]) => value > 0).map(([value, unit]) => `${value}${unit}`);
  if (days === 0 && parts.length === 0) return "PT0S";
  return `P${days > 0 ? `${days}D` : ""}${parts.length > 0 ? `T${parts.join("")}` : ""}`;
}
