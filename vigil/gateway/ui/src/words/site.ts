/** Values of the site's keys in words. */

/** A value as the centre tells it, in JSON; a text without its quotes. `usual` is said where there is none. */
export function valueInWords(value: string | null, usual: string): string {
  if (value === null) return usual;
  return value.startsWith('"') ? (JSON.parse(value) as string) : value;
}
