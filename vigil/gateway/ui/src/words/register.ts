/** What a register entry is about, in words. The register keeps ids and UTC; people read names and their own clock. */

export interface Names {
  camera: (id: string) => string;
  span: (from: string, to: string) => string;
  stream: Record<string, string>;
  /** Counts: minutes of windows and queues, changes, hours of footage, gaps. */
  figures: (day: string, ...counts: number[]) => string;
}

const WATCHED = /^camera ([^\s,]+), (main|sub)$/;
/** What another platform read: a live stream or a range of the archive, and of an entry of its end when it began. */
const PULLED = /^camera ([^\s,]+), (?:(main|sub)|([^\s,/]+)\/([^\s,/]+)), by RTSP from ([^\s,]+)(?:, begun (\S+))?$/;
const SEEN = /^clip (\S+): camera ([^\s,]+), (\S+)\/(\S+)$/;

const HELD = /^hold (\S+): camera ([^\s,]+), (\S+)\/(\S+)$/;
/** A list's hash is for those who have the segments' own: the register keeps it, the screen leaves it to the export. */
const REMOVED = /^camera ([^\s,]+), ([^\s,/]+)\/([^\s,/]+): (\d+) segments, (\d+) bytes, list [0-9a-f]+$/;

/** Minutes and other figures, of a day and what was left from before it. */
const FORGOTTEN = /^figures up to (\S+): (\d+) minutes of windows, (\d+) of queues, (\d+) changes, (\d+) hours of footage, (\d+) gaps$/;

/** The subject as it is when it has none of the forms that this screen knows: nothing is left out. */
export function subjectInWords(subject: string, names: Names): string {
  const [, camera, stream] = WATCHED.exec(subject) ?? [];
  if (camera && stream) return `${names.camera(camera)} · ${names.stream[stream] ?? stream}`;
  const [, clip, of, from, to] = SEEN.exec(subject) ?? [];
  if (clip && of && from && to) return `${names.camera(of)} · ${names.span(from, to)} · ${clip}`;
  const [, pulled, live, begin, end, peer] = PULLED.exec(subject) ?? [];
  if (pulled && peer) {
    const what = live ? (names.stream[live] ?? live) : names.span(begin ?? "", end ?? "");
    return `${names.camera(pulled)} · ${what} · RTSP ${peer}`;
  }
  const [, hold, held, since, until] = HELD.exec(subject) ?? [];
  if (hold && held && since && until) return `${names.camera(held)} · ${names.span(since, until)} · ${hold}`;
  const [, gone, first, last, , bytes] = REMOVED.exec(subject) ?? [];
  if (gone && first && last) return `${names.camera(gone)} · ${names.span(first, last)} · ${(Number(bytes) / 2 ** 30).toFixed(2)} GiB`;
  const [, day, ...counts] = FORGOTTEN.exec(subject) ?? [];
  if (day) return names.figures(day, ...counts.map(Number));
  return subject;
}
