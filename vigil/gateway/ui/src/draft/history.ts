/** Steps that can be taken back. Steps of the same mark, one after the other, are taken back together. */

export interface History<State> {
  past: readonly State[];
  now: State;
  future: readonly State[];
  mark: string | null;
}

const MOST = 200;

export const begin = <State>(now: State): History<State> => ({ past: [], now, future: [], mark: null });

export function step<State>(history: History<State>, now: State, mark: string | null = null): History<State> {
  const goesOn = mark !== null && mark === history.mark;
  return { past: goesOn ? history.past : [...history.past, history.now].slice(-MOST), now, future: [], mark };
}

export function undo<State>(history: History<State>): History<State> {
  const now = history.past.at(-1);
  if (now === undefined) return history;
  return { past: history.past.slice(0, -1), now, future: [history.now, ...history.future], mark: null };
}

export function redo<State>(history: History<State>): History<State> {
  const [now, ...future] = history.future;
  if (now === undefined) return history;
  return { past: [...history.past, history.now], now, future, mark: null };
}
