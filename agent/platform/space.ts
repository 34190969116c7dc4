// Bookkeeping of space: what recordings that are being sealed will still need, before they write it. Raises and clears "spool.full".
// It promises nothing: others write on the same disk, and a write that meets a full disk still fails as it must.
import type { Clock, Conditions, Files, Log } from '../../protocol/format/ports.ts';
import { MANIFEST_BYTES_MAX } from '../../protocol/format/limits.ts';
import { chunksBytes } from '../../protocol/documents/manifest.ts';

/** What always stays free for the file system's own needs and for small files. */
export const SPOOL_HEADROOM_BYTES = 4 * 1024 * 1024;
/** Manifest, signatures, folder and the rounding to blocks, for one recording. */
const DOCUMENTS_BYTES = MANIFEST_BYTES_MAX + 64 * 1024;
/** Pause between two looks whether there is space again. */
const LOOK_MS = 30_000;

/** Space that one sealing will need. */
export interface Reservation {
  /** Tells how many bytes of the sealed file are on the disk already; without it the whole stays reserved until the release. */
  written(sealedBytes: number): void;
  /** Idempotent. */
  release(): void;
}

export interface SpaceDeps {
  readonly root: string;
  readonly files: Pick<Files, 'freeBytes'>;
  readonly clock: Clock;
  readonly conditions: Conditions;
  readonly log: Log;
  /** Bytes that must stay free for the reserve file. */
  readonly reserveMissingBytes: () => number;
}

/** Space of one spool. */
export class Space {
  readonly #deps: SpaceDeps;
  readonly #reserved = new Map<Reservation, number>();
  /** What was refused last, in bytes; the condition stands as long as that much does not fit. */
  #refusedBytes: number | undefined;
  #cancelLook: () => void = () => undefined;
  #stopped = false;

  constructor(deps: SpaceDeps) {
    this.#deps = deps;
  }

  /** Reserves space for a sealed file of that many bytes, its chunk list and documents. Errors: the system's. */
  async reserve(sealedBytes: number): Promise<Reservation | 'full'> {
    const neededBytes = sealedBytes + chunksBytes(sealedBytes) + DOCUMENTS_BYTES;
    const freeBytes = await this.#deps.files.freeBytes(this.#deps.root);
    const availableBytes = this.#availableBytes(freeBytes);
    if (availableBytes < neededBytes) {
      this.#refuse(neededBytes, freeBytes);
      return 'full';
    }
    if (this.#refusedBytes !== undefined && this.#refusedBytes <= availableBytes) this.#clear();
    return this.#grant(neededBytes);
  }

  /** Looks again whether what was refused fits now; after something was removed, and from time to time. Never rejects. */
  async look(): Promise<void> {
    if (this.#refusedBytes === undefined) return;
    try {
      const freeBytes = await this.#deps.files.freeBytes(this.#deps.root);
      if (this.#refusedBytes <= this.#availableBytes(freeBytes)) this.#clear();
    } catch (error) {
      this.#deps.log.warn('free space not readable', { error });
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelLook();
  }

  #availableBytes(freeBytes: number): number {
    let available = freeBytes - SPOOL_HEADROOM_BYTES - this.#deps.reserveMissingBytes();
    for (const reservedBytes of this.#reserved.values()) available -= reservedBytes;
    return available;
  }

  #grant(neededBytes: number): Reservation {
    const reservation: Reservation = {
      written: (sealedBytes) => {
        if (this.#reserved.has(reservation))
          this.#reserved.set(reservation, Math.max(0, neededBytes - sealedBytes));
      },
      release: () => {
        if (this.#reserved.delete(reservation)) void this.look();
      },
    };
    this.#reserved.set(reservation, neededBytes);
    return reservation;
  }

  #refuse(neededBytes: number, freeBytes: number): void {
    if (this.#refusedBytes === undefined)
      this.#deps.log.warn('spool full: pulling stops', { free_bytes: freeBytes, needed_bytes: neededBytes });
    this.#refusedBytes = neededBytes;
    this.#deps.conditions.raise('spool.full', null, { free_bytes: freeBytes, needed_bytes: neededBytes });
    this.#lookLater();
  }

  #clear(): void {
    this.#refusedBytes = undefined;
    this.#cancelLook();
    this.#deps.conditions.clear('spool.full', null);
    this.#deps.log.info('spool has space again');
  }

  #lookLater(): void {
    this.#cancelLook();
    if (this.#stopped) return;
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      void this.look().then(() => {
        if (this.#refusedBytes !== undefined) this.#lookLater();
      });
    });
  }
}
