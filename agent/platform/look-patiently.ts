// Looks again where the disk refused to show something, or showed it wrong: it may show it at the next look, and what is judged by one look is
// judged wrongly.
import { isMachineShort, systemCode } from '../../protocol/format/errors.ts';

const LOOKS_MAX = 3;
/** The disk or its file system does not give back what is there, and may do so a moment later. */
const WITHHELD: ReadonlySet<string> = new Set(['EIO', 'EUCLEAN', 'EACCES', 'EPERM']);

/** True where the disk refused to show what may well be there: that says nothing of what it holds. */
export function isWithheld(error: unknown): boolean {
  return WITHHELD.has(systemCode(error) ?? '');
}

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

/**
 * As lookPatiently, for what a look can tell to be as it was written: what is not is looked at again, too, and the last look counts.
 * Errors: those of the last look; at once what is not there.
 */
export async function lookForWhole<T>(look: () => Promise<T>, isWhole: (found: T) => boolean): Promise<T> {
  for (let looks = 1; ; looks++) {
    try {
      const found = await look();
      if (isWhole(found) || looks >= LOOKS_MAX) return found;
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || isMachineShort(error) || looks >= LOOKS_MAX) throw error;
    }
  }
}
