/** Small choices kept in this browser. What cannot be read is as if it had never been chosen. */

export function recall<Value extends object>(key: string): Partial<Value> {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? "{}") ?? {}) as Partial<Value>;
  } catch {
    return {};
  }
}

export function keep(key: string, value: object): void {
  localStorage.setItem(key, JSON.stringify(value));
}
