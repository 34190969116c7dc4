// Reads one unit of a sealed file back and checks it, so that a medium that went bad is found before anything is sent.
import { equalBytes, sha256 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { Files } from '../../protocol/format/ports.ts';
import type { UnitTags } from './unit-tags.ts';

/** One unit to read: `sizeBytes` from `position`, with the SHA-256 (32 bytes) that they had when they were sealed. */
export interface UnitPlace {
  readonly path: string;
  readonly position: number;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
}

/** Fills the target from a position of a file; gives the bytes read, fewer only at the end of the file. Errors: the system's. */
export type ReadAt = (path: string, target: Uint8Array, position: number) => number | Promise<number>;

/** ReadAt through the Files port. */
export function readsOf(files: Files): ReadAt {
  return async (path, target, position) => {
    const file = await files.open(path, 'read');
    try {
      return await file.read(target, position);
    } finally {
      await file.close();
    }
  };
}

/** How a unit is read, and the tags that may spare hashing it. */
export interface UnitReading {
  readonly readAt: ReadAt;
  readonly tags: UnitTags | undefined;
}

/** The unit's bytes, in a buffer of their own. Errors: "spool.unit-damaged"; those of `readAt`. */
export async function readUnit(
  { readAt, tags }: UnitReading,
  place: UnitPlace,
): Promise<Uint8Array<ArrayBuffer>> {
  const unit = Buffer.allocUnsafeSlow(place.sizeBytes); // no zeros first, and not from Node's pool
  const read = await readAt(place.path, unit, place.position);
  const isWhole =
    read === unit.length &&
    (tags?.confirm(place.sha256, unit) === true || equalBytes(sha256(unit), place.sha256));
  if (isWhole) return unit;
  throw damaged(place, read);
}

function damaged({ position, sizeBytes }: UnitPlace, read: number): DockError {
  const what = read < sizeBytes ? `only ${read} bytes are there` : 'other bytes are there than were sealed';
  return new DockError(
    'spool.unit-damaged',
    `unit of ${sizeBytes} bytes at ${position} of a sealed file is damaged: ${what}; check the station's disk`,
    { retry: 'never', facts: { position_bytes: position, size_bytes: sizeBytes, read_bytes: read } },
  );
}
