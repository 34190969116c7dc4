// Steps of a stop, each with a deadline: a mount that hangs, a disk that answers nothing and a broker that swallows must not keep an agent
// from ending. What a step leaves undone, the next start does: the state on the disk is good at every moment.
import type { Clock, Log } from '../../protocol/format/ports.ts';

/** True where the work ended in time, however it ended; else it is left alone and a line says so. Never rejects. */
export async function stopWithin(
  { clock, log }: { readonly clock: Pick<Clock, 'after'>; readonly log: Pick<Log, 'warn' | 'error'> },
  step: string,
  ms: number,
  work: () => Promise<unknown>,
): Promise<boolean> {
  let cancel: () => void = () => undefined;
  const late = new Promise<boolean>((resolve) => (cancel = clock.after(ms, () => resolve(false))));
  const inTime = await Promise.race([ended(work, step, log), late]);
  cancel();
  if (!inTime) log.warn('shutdown step timed out', { step, timeout_ms: ms });
  return inTime;
}

async function ended(work: () => Promise<unknown>, step: string, log: Pick<Log, 'error'>): Promise<boolean> {
  try {
    await work();
  } catch (error) {
    log.error('shutdown step failed', { step, error });
  }
  return true;
}
