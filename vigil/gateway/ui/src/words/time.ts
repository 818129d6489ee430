/** Times as people in the halls read them: the site's time zone, 24 hours, one form in both languages. */

export const DEFAULT_ZONE = "Asia/Shanghai";

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const two = "2-digit";
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  });
  formats.set(zone, format);
  return format;
}

function partsOf(at: Date, zone: string): Parts {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) parts[type] = Number(value);
  return parts as unknown as Parts;
}

const pad = (value: number) => String(value).padStart(2, "0");

/** "2026-11-23" of an instant. */
export function dayOf(at: Date | string, zone = DEFAULT_ZONE): string {
  const { year, month, day } = partsOf(new Date(at), zone);
  return `${year}-${pad(month)}-${pad(day)}`;
}

/** "09:02:03" of an instant. */
export function clockOf(at: Date | string, zone = DEFAULT_ZONE): string {
  const { hour, minute, second } = partsOf(new Date(at), zone);
  return `${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

/** "2026-11-23 09:02:03". */
export function momentOf(at: Date | string, zone = DEFAULT_ZONE): string {
  return `${dayOf(at, zone)} ${clockOf(at, zone)}`;
}

/** "09:02:03" when it was today, else with the day: "11-22 09:02:03", and with the year when it was another one. */
export function shortMomentOf(at: Date | string, now: Date, zone = DEFAULT_ZONE): string {
  const [day, today] = [dayOf(at, zone), dayOf(now, zone)];
  if (day === today) return clockOf(at, zone);
  return `${day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day} ${clockOf(at, zone)}`;
}

/** The instant at which the clock on the wall of `zone` shows `day` ("2026-11-23") and `clock` ("09:02" or "09:02:03"). */
export function instantOf(day: string, clock: string, zone = DEFAULT_ZONE): Date {
  const naive = new Date(`${day}T${clock.length === 5 ? `${clock}:00` : clock}Z`);
  const offset = (at: Date) => {
    const p = partsOf(at, zone);
    return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(at.getTime() / 1000) * 1000;
  };
  // Twice, for zones that change their offset near this instant.
  const guess = new Date(naive.getTime() - offset(naive));
  return new Date(naive.getTime() - offset(guess));
}

/** First and last instant of a day in `zone`. */
export function boundsOf(day: string, zone = DEFAULT_ZONE): { from: Date; to: Date } {
  return { from: instantOf(day, "00:00:00", zone), to: instantOf(shiftDay(day, 1), "00:00:00", zone) };
}

/** "2026-11-24" for ("2026-11-23", 1). */
export function shiftDay(day: string, days: number): string {
  return new Date(new Date(`${day}T00:00:00Z`).getTime() + days * DAY_MS).toISOString().slice(0, 10);
}

export const secondsBetween = (from: Date | string, to: Date | string): number =>
  (new Date(to).getTime() - new Date(from).getTime()) / 1000;

/** "09:05:00" of "9:05", "0905" or "090500"; null when it is no time of day. */
export function readClock(text: string): string | null {
  const match = /^(\d{1,2})[:：.]?(\d{2})(?:[:：.]?(\d{2}))?$/.exec(text.trim());
  if (!match) return null;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return [hour, minute, second].map((part) => String(part).padStart(2, "0")).join(":");
}
