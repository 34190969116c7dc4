// A question that a camera need not answer: in time, or it counts as not told.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { withEither } from '../../protocol/format/with-either.ts';

/** A camera that has not answered by then is left alone. */
const CALL_MS_MAX = 10_000;

/**
 * What the call gives; null where the camera fails at it. A camera that does not tell is pulled like any other.
 * Shape: `what` names the thing for messages; `onFailed` hears of the failure.
 * Errors: "driver.detached"; the signal's reason; what is no DockError.
 */
export async function answerOrNull<T>(
  what: string,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
  call: (ending: AbortSignal) => Promise<T>,
  onFailed: (error: DockError) => void = () => undefined,
): Promise<T | null> {
  const late = new AbortController();
  const timedOut = new DockError('driver.timeout', `${what} took longer than ${CALL_MS_MAX} ms`, {
    retry: 'later',
    facts: { timeout_ms: CALL_MS_MAX },
  });
  const cancel = clock.after(CALL_MS_MAX, () => late.abort(timedOut));
  try {
    return await withEither(signal, late.signal, call);
  } catch (error) {
    if (signal.aborted || !isDockError(error) || error.code === 'driver.detached') throw error;
    onFailed(error);
    return null;
  } finally {
    cancel();
  }
}
