/** Why a call failed, in words. */

import { ApiError, Unreachable } from "@/api/client";
import type { Dictionary } from "@/i18n/zh";

export function failureInWords(error: unknown, t: Dictionary): string {
  if (error instanceof Unreachable) return t.common.unreachable;
  if (!(error instanceof ApiError)) return t.common.failed(String(error));
  if (error.needs === "purpose") return t.purpose.first;
  if (error.status === 403) return t.common.forbidden;
  if (error.status === 404) return t.common.notFound;
  if (error.status >= 500) return t.common.unavailable;
  return t.common.failed(error.detail || error.title);
}
