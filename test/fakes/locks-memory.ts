// Locks of a vault among those that share this object, as processes of one machine do.
import type { Locks } from '../../agent/receiver/vault/vault-lock.ts';
import { DockError } from '../../protocol/format/errors.ts';

/** A holder that never ends makes the next one wait for ever; so that a test sees it, `isHeld` tells. */
export class MemoryLocks implements Locks {
  readonly #last = new Map<string, Promise<void>>();
  readonly #held = new Set<string>();

  isHeld(name: string): boolean {
    return this.#held.has(name);
  }

  async alone<T>(name: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    let end = (): void => undefined;
    this.#last.set(
      name,
      Promise.all([before, new Promise<void>((resolve) => (end = resolve))]).then(() => undefined),
    );
    const waited = new AbortController();
    try {
      await Promise.race([before, rejected(signal, waited.signal)]);
      waited.abort();
      this.#held.add(name);
      return await run();
    } finally {
      this.#held.delete(name);
      end();
    }
  }
}

/** Rejects when `signal` is aborted, unless `waited` is before. */
function rejected(signal: AbortSignal, waited: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void =>
      reject(
        signal.reason instanceof Error
          ? signal.reason
          : new DockError('aborted', 'ended', { retry: 'later' }),
      );
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true, signal: waited });
  });
}
