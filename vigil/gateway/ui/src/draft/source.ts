/** A camera's address as people have it: with user and password before the host. Neither belongs into the site's document. */

export interface Source {
  url: string;
  username: string | null;
  /** There was one. It is not kept: it belongs to the camera's node. */
  password: boolean;
}

/** A password may have / ? # or @ in it, so the host begins behind the last @. */
export function withoutCredentials(text: string): Source {
  const found = /^([a-z][a-z0-9+.-]*:\/\/)(.*)@([^@]*)$/i.exec(text.trim());
  if (!found) return { url: text.trim(), username: null, password: false };
  const [, scheme = "", account = "", rest = ""] = found;
  const colon = account.indexOf(":");
  const name = colon < 0 ? account : account.slice(0, colon);
  return { url: scheme + rest, username: decoded(name) || null, password: colon >= 0 };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for itself
  }
}
