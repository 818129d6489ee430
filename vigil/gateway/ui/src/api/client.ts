/** One function that speaks HTTP with the centre, and the error it throws. Knows no endpoint and no screen. */

import type { AlertView, DocumentFault, LedgerEntry, Problem } from "./types";

export const BASE = "/api/v1";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly retryAfterS: number | null = null,
    /** What the same call must bring, too: a code of the second factor. */
    readonly needs: string | null = null,
    /** The alert as it stands, where a step was refused because somebody else took one. */
    readonly alert: AlertView | null = null,
    /** Likewise an entry of the ledger. */
    readonly entry: LedgerEntry | null = null,
    /** What is wrong in a document that was sent, each with its place. */
    readonly faults: readonly DocumentFault[] = [],
    /** All that the centre said. */
    readonly told: Partial<Problem> = {},
  ) {
    super(detail || title || `HTTP ${status}`);
    this.name = "ApiError";
  }
}

/** The centre did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("unreachable", { cause });
    this.name = "Unreachable";
  }
}

let whenUnauthorized: () => void = () => {};

/** Called on every 401 but that of a refused login. */
export function onUnauthorized(handler: () => void): void {
  whenUnauthorized = handler;
}

export function sessionEnded(): void {
  whenUnauthorized();
}

/** A name for one step. Not randomUUID, which browsers withhold from a screen over plain HTTP. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

type Query = Record<string, string | number | boolean | null | undefined>;

export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(key, String(value));
  }
  const text = params.toString();
  return BASE + path + (text ? `?${text}` : "");
}

export interface Call {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  query?: Query;
  body?: object;
  /** A file as it is, instead of JSON. */
  file?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** A 401 is then an answer like any other: for the login itself. */
  expectsRefusal?: boolean;
}

export async function request<Answer>(path: string, call: Call = {}): Promise<Answer> {
  const response = await send(path, call);
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Answer;
  const error = await problemOf(response);
  if (response.status === 401 && !call.expectsRefusal) whenUnauthorized();
  throw error;
}

/** Likewise, with the tag of what was answered, for If-Match. */
export async function tagged<Answer>(path: string, call: Call = {}): Promise<{ answer: Answer; tag: string }> {
  const response = await send(path, call);
  if (response.ok) return { answer: (await response.json()) as Answer, tag: response.headers.get("ETag") ?? "" };
  const error = await problemOf(response);
  if (response.status === 401) whenUnauthorized();
  throw error;
}

/** A picture, and when it was taken. */
export async function picture(path: string): Promise<{ blob: Blob; at: Date }> {
  const response = await send(path, { headers: { Accept: "image/jpeg" } });
  if (response.ok) return { blob: await response.blob(), at: new Date(response.headers.get("Last-Modified") ?? NaN) };
  const error = await problemOf(response);
  if (response.status === 401) whenUnauthorized();
  throw error;
}

async function send(path: string, call: Call): Promise<Response> {
  const init: RequestInit = {
    method: call.method ?? "GET",
    credentials: "same-origin",
    headers: { Accept: "application/json", ...call.headers },
  };
  if (call.signal) init.signal = call.signal;
  if (call.file) init.body = call.file;
  if (call.body) {
    init.headers = { ...init.headers, "Content-Type": "application/json" };
    init.body = JSON.stringify(call.body);
  }
  try {
    return await fetch(address(path, call.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error);
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  let problem: Partial<Problem> = {};
  try {
    problem = (await response.json()) as Partial<Problem>;
  } catch {
    // A proxy in between answers in its own words; the status is enough.
  }
  const wait = Number(response.headers.get("Retry-After") ?? NaN);
  const detail = typeof problem.detail === "string" ? problem.detail : "";
  const title = problem.title ?? response.statusText;
  return new ApiError(response.status, title, detail, Number.isFinite(wait) ? wait : null, problem.needs ?? null, problem.alert ?? null, problem.entry ?? null, (problem.errors ?? []).filter((one) => "remedy" in one) as DocumentFault[], problem);
}
