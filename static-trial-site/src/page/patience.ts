/** Nothing on this page waits for ever: each wait has a limit, and the visitor can end it. */

/** The limit passed. */
export class OutOfTime extends Error {}

/** The visitor ended it. */
export class Cancelled extends Error {}

/** Does something within `ms`. Its signal is aborted when the time is up or `cancel` says so, whichever comes first. */
export async function within<T>(ms: number, doing: (signal: AbortSignal) => Promise<T>, cancel?: AbortSignal): Promise<T> {
  const abort = new AbortController();
  const stops: (() => void)[] = [];
  const end = new Promise<never>((_, fail) => {
    const stop = (why: Error) => (): void => {
      fail(why);
      abort.abort(why);
    };
    const timer = setTimeout(stop(new OutOfTime()), ms);
    stops.push(() => clearTimeout(timer));
    if (cancel) {
      const cancelled = stop(new Cancelled());
      if (cancel.aborted) cancelled();
      cancel.addEventListener("abort", cancelled);
      stops.push(() => cancel.removeEventListener("abort", cancelled));
    }
  });
  try {
    return await Promise.race([end, doing(abort.signal)]);
  } finally {
    for (const stop of stops) stop();
  }
}
