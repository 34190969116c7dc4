// Looks again where the disk refused to show something: it may show it at the next look, and what is judged by one refusal is judged wrongly.
import { isMachineShort, systemCode } from '../protocol/errors.ts';

const LOOKS_MAX = 3;

/** What a look found. Errors: those of the last look; at once what is no error of the disk, and what is not there. */
export async function lookPatiently<T>(look: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks++) {
    try {
      return await look();
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined || code === 'ENOENT' || isMachineShort(error) || looks >= LOOKS_MAX) throw error;
    }
  }
}
