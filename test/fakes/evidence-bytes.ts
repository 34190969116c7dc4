// Digests for the independent checker: node:crypto and nothing of ours.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** Size of a unit (SPEC 3.3). */
const UNIT_BYTES = 524_288;

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function digestOfFile(path: Buffer | string): string {
  const hash = createHash('sha256');
  eachUnit(path, (unit) => hash.update(unit));
  return hash.digest('hex');
}

/** One SHA-256 of 32 bytes for each unit of the file. */
export function unitDigests(path: string): Buffer {
  const digests: Buffer[] = [];
  eachUnit(path, (unit) => digests.push(createHash('sha256').update(unit).digest()));
  return Buffer.concat(digests);
}

function eachUnit(path: Buffer | string, take: (unit: Buffer) => void): void {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(UNIT_BYTES);
  try {
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer))
      take(buffer.subarray(0, count));
  } finally {
    closeSync(file);
  }
}
