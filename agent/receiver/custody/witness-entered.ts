// Whether a witness stands in the store's log.
import type { Files } from '../../../protocol/format/ports.ts';
import { isEntered as eventIsEntered } from './entered-event.ts';
import type { LastWitness } from './witness-folder.ts';

/** `folder` is that of the store's log. Errors: "store-log.oversize"; the system's. */
export function isEntered(files: Files, folder: string, { day, sha256 }: LastWitness): Promise<boolean> {
  return eventIsEntered(files, folder, { event: 'witnessed', facts: { day, sha256 } }, sha256);
}
