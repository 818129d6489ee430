/** Lengths of time, sizes and hashes in words. */

export interface DurationWords {
  second: (n: number) => string;
  minute: (n: number) => string;
  hour: (n: number) => string;
  day: (n: number) => string;
}

/** "15 秒", "3 分 20 秒", "1 小时 5 分", "2 天 3 小时": two units at most, whole numbers, never negative. */
export function duration(seconds: number, words: DurationWords): string {
  const total = Math.max(0, Math.round(seconds));
  const [days, hours] = [Math.floor(total / 86_400), Math.floor((total % 86_400) / 3_600)];
  const [minutes, rest] = [Math.floor((total % 3_600) / 60), total % 60];
  const join = (big: string, small: string, amount: number) => (amount > 0 ? `${big} ${small}` : big);
  if (days > 0) return join(words.day(days), words.hour(hours), hours);
  if (hours > 0) return join(words.hour(hours), words.minute(minutes), minutes);
  if (minutes > 0) return join(words.minute(minutes), words.second(rest), rest);
  return words.second(rest);
}

/** "4.2 MB", in powers of ten as file managers show them. */
export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = size > 0 ? Math.min(Math.floor(Math.log10(size) / 3), units.length - 1) : 0;
  const value = size / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
