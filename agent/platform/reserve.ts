// Written space that stands ready for the custody log, for receipts and for marks of what the store asked for again when the disk is full: given
// up at once, made again later.
//
// Invariants:
// 1. The file is held only when it has its full length and was written, synced and renamed: a sparse or cut file holds nothing.
// 2. While it is not held, its size is not free for recordings (`missingBytes`), so what it gave up goes to small files only.
// 3. It is made again by itself, in the background, when there is room for it and more.
import { dirname } from 'node:path';
import { dropFile, UNFINISHED_SUFFIX, unlinkIfThere } from '../../protocol/format/durable.ts';
import type { Clock, Conditions, Files, Log, Random } from '../../protocol/format/ports.ts';
import { SPOOL_HEADROOM_BYTES } from './space.ts';
import { systemCode } from '../../protocol/format/errors.ts';

/** Pause between two attempts to make it again. */
const RESTORE_MS = 30_000;
const PIECE_BYTES = 1024 * 1024;

/** What somebody who must write on a full disk needs of it. */
export interface GivesSpace {
  /** Frees the reserve; true where it was held until now, so that trying again makes sense. Never rejects. */
  giveUp(): Promise<boolean>;
}

export interface ReserveDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** The file `reserve`. */
export class Reserve implements GivesSpace {
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly #deps: ReserveDeps;
  #held: boolean;
  #stopped = false;
  #restoring: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => undefined;

  private constructor(path: string, sizeBytes: number, deps: ReserveDeps, held: boolean) {
    this.#path = path;
    this.#sizeBytes = sizeBytes;
    this.#deps = deps;
    this.#held = held;
  }

  /** Looks whether it is there; starts to make it where not. A size of 0 means that there is none. Errors: the system's. */
  static async open(path: string, sizeBytes: number, deps: ReserveDeps): Promise<Reserve> {
    const found = await deps.files.stat(path);
    const held = sizeBytes === 0 || (found?.kind === 'file' && found.sizeBytes === sizeBytes);
    const reserve = new Reserve(path, sizeBytes, deps, held);
    if (held) deps.conditions.clear('spool.reserve-used', null);
    else reserve.#restoring = reserve.#restore();
    return reserve;
  }

  /** Bytes that must stay free for it. */
  get missingBytes(): number {
    return this.#held ? 0 : this.#sizeBytes;
  }

  async giveUp(): Promise<boolean> {
    if (!this.#held || this.#sizeBytes === 0) return false;
    this.#held = false;
    const { files, log, conditions } = this.#deps;
    conditions.raise('spool.reserve-used', null, { reserve_bytes: this.#sizeBytes });
    log.warn('disk full: reserve released for the log', { reserve_bytes: this.#sizeBytes });
    this.#restoreLater();
    try {
      await files.unlink(this.#path);
      await files.syncFolder(dirname(this.#path)); // makes file systems that free blocks late do it now
      return true;
    } catch (error) {
      log.error('reserve not released', { error });
      return false;
    }
  }

  /** Ends the background work. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#restoring;
  }

  #restoreLater(): void {
    this.#cancelTimer();
    if (this.#stopped) return;
    this.#cancelTimer = this.#deps.clock.after(RESTORE_MS, () => {
      this.#restoring = this.#restoring.then(() => this.#restore());
    });
  }

  async #restore(): Promise<void> {
    if (this.#held || this.#stopped) return;
    const { files, log, conditions } = this.#deps;
    try {
      await unlinkIfThere(files, this.#path); // of another size
      const freeBytes = await files.freeBytes(dirname(this.#path));
      if (freeBytes < this.#sizeBytes + SPOOL_HEADROOM_BYTES) return this.#restoreLater();
      if (!(await this.#write())) return;
      this.#held = true;
      conditions.clear('spool.reserve-used', null);
    } catch (error) {
      log.warn('reserve not created', { error, reserve_bytes: this.#sizeBytes });
      conditions.raise('spool.reserve-used', null, { reserve_bytes: this.#sizeBytes });
      this.#restoreLater();
    }
  }

  /** False where it was stopped. Random bytes, so that no file system saves them away. */
  async #write(): Promise<boolean> {
    const { files, random } = this.#deps;
    const path = this.#path + UNFINISHED_SUFFIX;
    await unlinkIfThere(files, path);
    const file = await files.create(path);
    try {
      const piece = random.bytes(Math.min(PIECE_BYTES, this.#sizeBytes));
      for (let at = 0; at < this.#sizeBytes && !this.#stopped; at += piece.length)
        await file.write(piece.subarray(0, this.#sizeBytes - at), at);
      if (this.#stopped) {
        await dropFile(files, path, file);
        return false;
      }
      await file.sync();
      await file.close();
      await files.rename(path, this.#path);
      await files.syncFolder(dirname(this.#path));
      return true;
    } catch (error) {
      await dropFile(files, path, file);
      throw error;
    }
  }
}

/** Full, or over a quota: more space helps. */
const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Runs the attempt; where the disk is full, gives up the reserve and makes one more. Errors: those of the last attempt. */
export async function withReserve<T>(reserve: GivesSpace | undefined, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!FULL_CODES.has(systemCode(error) ?? '') || reserve === undefined || !(await reserve.giveUp()))
      throw error;
    return attempt();
  }
}
