// Waits for what libusb does, with a deadline of ours: the package's own time-outs come up to a minute late on a quiet bus.
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

/** A cancelled transfer comes back within this, or never. */
const CANCEL_MS = 2000;

export interface WaitLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Any of them ends the wait with its reason. */
  readonly signals: readonly AbortSignal[];
  /** Asks for an early end; the work must settle soon after. */
  readonly cancel: () => void;
}

/**
 * The work's value. A wait that is given up asks for the end and waits for it: until a transfer has come back its buffer is the kernel's.
 * Errors: those of the work; "driver.timeout"; a signal's reason.
 */
export async function within<T>(work: Promise<T>, limits: WaitLimits): Promise<T> {
  const { clock, timeoutMs, signals, cancel } = limits;
  let undo = (): void => undefined;
  const stopped = new Promise<Error>((resolve) => {
    const unarm = clock.after(timeoutMs, () => resolve(late(timeoutMs)));
    const listeners = signals.map((signal) => {
      const onAbort = (): void => resolve(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      return () => signal.removeEventListener('abort', onAbort);
    });
    undo = () => {
      unarm();
      for (const remove of listeners) remove();
    };
  });
  try {
    const reason = await Promise.race([work.then(() => undefined), stopped]);
    if (reason === undefined) return await work;
    cancel();
    await settledWithin(work, clock);
    throw reason;
  } finally {
    undo();
  }
}

/** Resolves when the work has ended in any way, or after CANCEL_MS. */
function settledWithin(work: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const unarm = clock.after(CANCEL_MS, resolve);
    const end = (): void => {
      unarm();
      resolve();
    };
    work.then(end, end);
  });
}

function late(ms: number): DockError {
  return new DockError('driver.timeout', `no USB transfer within ${Math.round(ms)} ms`, { retry: 'later' });
}
