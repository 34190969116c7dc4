// Work that ends with either of two signals. AbortSignal.any leaves some 60 bytes at each signal that it is given for as long as that one lives
// (Node 20): what is done again and again beside a signal of the whole run must not use it.

/**
 * Does the work with a signal that is aborted as soon as one of the two is, with its reason; nothing stays at either of them behind the work.
 * Errors: the work's own.
 */
export async function withEither<T>(
  one: AbortSignal,
  other: AbortSignal,
  work: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const both = [one, other];
  const end = (): void => ending.abort(both.find(({ aborted }) => aborted)?.reason);
  for (const signal of both) signal.addEventListener('abort', end, { once: true });
  if (one.aborted || other.aborted) end();
  try {
    return await work(ending.signal);
  } finally {
    for (const signal of both) signal.removeEventListener('abort', end);
  }
}
