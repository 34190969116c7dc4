// Waits for something that other processes bring about, by looking often and not for ever.

const LOOK_MS = 20;

/** Resolves with the first value that is not undefined or false. Errors: what was waited for and `tell()`, after `timeoutMs`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  tell: () => string = () => '',
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}\n${tell()}`);
    await pause(LOOK_MS);
  }
}

/** Part of a scenario, such as a network that stays away for so long; no way to wait for a result. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
