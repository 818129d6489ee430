/** What the live socket says (docs/reference/api.md, "Live"). */

export interface InitMessage {
  type: "init";
  mime: string;
  width: number;
  height: number;
}

export interface StateMessage {
  type: "state";
  health: "online" | "offline" | "impaired";
}

export interface DroppedMessage {
  type: "dropped";
  gops: number;
}

export type LiveMessage = InitMessage | StateMessage | DroppedMessage;

/** Close codes after which trying again is of no use. */
export const CLOSE_NO_SESSION = 4401;
export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_NO_CAMERA = 4404;
export const CLOSE_NO_PURPOSE = 4428;

/** null for what this screen does not know: a newer centre may say more. */
export function parseMessage(text: string): LiveMessage | null {
  let message: Partial<LiveMessage> | null;
  try {
    message = JSON.parse(text) as Partial<LiveMessage> | null;
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null) return null;
  if (message.type === "init") return typeof message.mime === "string" ? (message as InitMessage) : null;
  if (message.type === "state") return typeof message.health === "string" ? (message as StateMessage) : null;
  if (message.type === "dropped") return typeof message.gops === "number" ? (message as DroppedMessage) : null;
  return null;
}

/** "H.265 (HEVC)" of a MIME type, for a message that says which codec this browser lacks. */
export function codecName(mime: string): string {
  const codec = /codecs="?([^",]+)/.exec(mime)?.[1] ?? mime;
  if (/^(hvc1|hev1)/i.test(codec)) return "H.265 (HEVC)";
  if (/^avc[13]/i.test(codec)) return "H.264 (AVC)";
  return codec;
}
