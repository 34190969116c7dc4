// Tags of the units that this process sealed, so that a unit that is read back soon behind its sealing is checked without hashing it once more:
// Poly1305 takes less than half of SHA-256's time where a processor has instructions for SHA, and a tenth where these are masked (measured on
// x86-64). In memory only, and only a shortcut: where no tag says that the bytes are the same, their SHA-256 decides.
//
// Invariants:
// 1. The key is drawn by the process, leaves it nowhere and dies with it: whoever alters a file on the disk cannot make a tag.
// 2. A nonce is the beginning of the unit's SHA-256: no two units are remembered with the same one. Tags of other bytes are compared and forgotten.
// 3. All threads share one memory without a lock. A slot that two of them write at once fits at most one of the two units: what stands in it
//    is compared whole, digest and tag.
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { equalBytes, sha256 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { DIGEST_BYTES } from '../../protocol/format/limits.ts';
import type { Files } from '../../protocol/format/ports.ts';

/** Units that are remembered at most: 8 GiB. What is sent later than that waits for its line, not for a processor. */
const UNITS_MAX = 16_384;
const TAG_BYTES = 16;
const SLOT_BYTES = DIGEST_BYTES + TAG_BYTES;
const NONCE_BYTES = 12;

/** Bytes of the key. */
export const TAG_KEY_BYTES = 32;

/** What the threads of one process share. */
export interface TagMemory {
  readonly key: Uint8Array;
  readonly slots: SharedArrayBuffer;
}

/** A memory without any tag, for so many units. `key`: TAG_KEY_BYTES drawn at random. */
export function newTagMemory(key: Uint8Array, unitsMax = UNITS_MAX): TagMemory {
  return { key, slots: new SharedArrayBuffer(unitsMax * SLOT_BYTES) };
}

/** One thread's hand on the memory. */
export class UnitTags {
  readonly #key: KeyObject;
  readonly #slots: Uint8Array;

  constructor({ key, slots }: TagMemory) {
    this.#key = createSecretKey(key);
    this.#slots = new Uint8Array(slots);
  }

  /** These bytes have that SHA-256 (32 bytes). */
  remember(sha256: Uint8Array, unit: Uint8Array): void {
    const slot = this.#slotOf(sha256);
    slot.set(sha256);
    slot.set(this.#tagOf(sha256, unit), DIGEST_BYTES);
  }

  /**
   * Whether these bytes are the ones that were remembered with that SHA-256. False says nothing. True is said once: a unit that is sent again may
   * be one that the store refuses, and that is for the digest to judge.
   */
  confirm(sha256: Uint8Array, unit: Uint8Array): boolean {
    const slot = this.#slotOf(sha256);
    if (!equalBytes(slot.subarray(0, DIGEST_BYTES), sha256)) return false;
    if (!equalBytes(slot.subarray(DIGEST_BYTES), this.#tagOf(sha256, unit))) return false;
    slot.fill(0);
    return true;
  }

  /** By the end of the digest: its beginning is the nonce. */
  #slotOf(sha256: Uint8Array): Uint8Array {
    const view = new DataView(sha256.buffer, sha256.byteOffset, sha256.byteLength);
    const at = (view.getUint32(DIGEST_BYTES - 4) * SLOT_BYTES) % this.#slots.length;
    return this.#slots.subarray(at, at + SLOT_BYTES);
  }

  /** Poly1305 as in ChaCha20-Poly1305 (RFC 8439, 2.8) with everything as associated data and nothing to encrypt. */
  #tagOf(sha256: Uint8Array, unit: Uint8Array): Uint8Array {
    const nonce = sha256.subarray(0, NONCE_BYTES);
    const cipher = createCipheriv('chacha20-poly1305', this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(unit, { plaintextLength: 0 });
    cipher.final();
    return cipher.getAuthTag();
  }
}

// Reads one unit of a sealed file back and checks it, so that a medium that went bad is found before anything is sent.

/** One unit to read: `sizeBytes` from `position`, with the SHA-256 (32 bytes) that they had when they were sealed. */
export interface UnitPlace {
  readonly path: string;
  readonly position: number;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
}

/** Fills the target from a position of a file; gives the bytes read, fewer only at the end of the file. Errors: the system's. */
type ReadAt = (path: string, target: Uint8Array, position: number) => number | Promise<number>;

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
interface UnitReading {
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
