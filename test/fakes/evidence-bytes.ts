// Digests for the independent checker: node:crypto and nothing of ours.
import { createHash, hash } from 'node:crypto';
import type { Shelf } from './evidence-shelf.ts';

/** Size of a unit (SPEC 3.3). */
const UNIT_BYTES = 524_288;

export function sha256(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex');
}

export function digestOfFile(shelf: Shelf, path: Buffer | string): string {
  const whole = createHash('sha256');
  eachUnit(shelf, path, (unit) => whole.update(unit));
  return whole.digest('hex');
}

/** One SHA-256 of 32 bytes for each unit of the file. */
export function unitDigests(shelf: Shelf, path: string): Buffer {
  if (shelf.unitDigests !== undefined) return shelf.unitDigests(path);
  const digests: Buffer[] = [];
  eachUnit(shelf, path, (unit) => digests.push(hash('sha256', unit, 'buffer')));
  return Buffer.concat(digests);
}

function eachUnit(shelf: Shelf, path: Buffer | string, take: (unit: Buffer) => void): void {
  shelf.reading(path, (readAt) => {
    let unit = readAt(0, UNIT_BYTES);
    for (let at = 0; unit.length > 0; unit = readAt((at += unit.length), UNIT_BYTES)) take(unit);
  });
}
