/** Runs a timer of 5 ms for ever; asked to end, the process says how late it was at worst. */
export function watchTimer(): void {
  let latestMs = 0;
  let ticks = 0;
  let due = performance.now() + PERIOD_MS;
  const tick = (): void => {
    const now = performance.now();
    latestMs = Math.max(latestMs, now - due);
    ticks += 1;
    due = now + PERIOD_MS;
    setTimeout(tick, PERIOD_MS);
  };
  setTimeout(tick, PERIOD_MS);
  process.once("SIGTERM", () => {
    process.stdout.write(`${JSON.stringify({ latestMs, ticks })}\n`, () => process.exit(0));
  });
}

const PERIOD_MS = 5;
