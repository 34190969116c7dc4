// For work by handles that begins with finding them: where the session had to be opened anew on the way, it begins again.
import { isDockError } from '../../protocol/format/errors.ts';

/** `work` must not have changed anything before it rejects with "ptp.handles-lost". The recoveries of a session are bounded, so is this. */
export async function withNewHandles<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDockError(error, 'ptp.handles-lost')) throw error;
    }
  }
}
