// An error that a client is told.
import type { MountCode } from '../../../drivers/mass-storage/volumes.ts';
import { DockError } from '../../../protocol/format/errors.ts';

/** `words` hold no name that a device gave. */
export function mountError(code: MountCode, words: string): DockError {
  return new DockError(code, words, { retry: 'later' });
}
