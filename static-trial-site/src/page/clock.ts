/** What time it is: by this device's clock, and how far off that is, where a web server said the time. */

let offset: number | undefined;

/** Seconds since 1970, by this device's clock. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Takes the time that the web server put on its answer. What the page has stored for offline use has none. */
export function learn(header: string | null): void {
  const time = header === null ? Number.NaN : Date.parse(header);
  offset = Number.isNaN(time) ? undefined : Date.now() / 1000 - time / 1000;
}

/** Seconds that this device's clock is ahead (or, below 0, behind), if it is known and more than an hour. */
export function error(): number | undefined {
  return offset !== undefined && Math.abs(offset) > 3600 ? offset : undefined;
}
