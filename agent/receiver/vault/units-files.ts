// What the receiver's worker does with units, in synchronous calls on its own thread: hash, compare, write. One object per recording.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { equalBytes, sha256 } from '../../../protocol/format/bytes.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { readFully } from '../../platform/read-at-once.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import {
  digestListBytes,
  unitLength,
  type DigestsState,
  type UnitPlaces,
  type UnitSubject,
} from './unit-store.ts';

const CAREFUL = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const PIECE_BYTES = 64 * 1024;
/** Digests read at one time: a page of the list. */
const PAGE_DIGESTS = 128;

/** A short count without an error is a full disk (Node reports it so); the rest is tried once to learn what the system says. */
function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  const first = writeSync(fd, bytes, 0, bytes.length, position);
  if (first === bytes.length) return;
  const second = writeSync(fd, bytes, first, bytes.length - first, position + first);
  if (first + second === bytes.length) return;
  throw Object.assign(new Error(`ENOSPC: ${first + second} of ${bytes.length} bytes were taken`), {
    code: 'ENOSPC',
    syscall: 'write',
  });
}

/** See UnitStore.checkDigests. */
export function digestsMatch(path: string, subject: UnitSubject): boolean {
  const total = digestListBytes(subject);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | CAREFUL);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size !== total) return false;
    const hash = createHash('sha256');
    const piece = new Uint8Array(Math.min(PIECE_BYTES, total));
    for (let at = 0; at < total; at += piece.length) hash.update(piece.subarray(0, readFully(fd, piece, at)));
    return hash.digest('hex') === subject.chunksSha256;
  } finally {
    closeSync(fd);
  }
}

/** The two open files of one recording. */
export class UnitFiles {
  readonly #subject: UnitSubject;
  readonly #payload: number;
  readonly #chunks: number;
  readonly #page = new Uint8Array(PAGE_DIGESTS * DIGEST_BYTES);
  #pageOf = -1;
  #whole: boolean;
  #hash: Hash = createHash('sha256');

  /** Errors: the system's. */
  constructor(places: UnitPlaces, subject: UnitSubject, mode: { writable: boolean; digestsWhole: boolean }) {
    const flags = (mode.writable ? constants.O_RDWR : constants.O_RDONLY) | CAREFUL;
    this.#subject = subject;
    this.#whole = mode.digestsWhole;
    this.#payload = openSync(places.payloadPath, flags);
    try {
      this.#chunks = openSync(places.chunksPath, flags);
    } catch (error) {
      closeSync(this.#payload);
      throw error;
    }
  }

  appendDigests(offset: number, bytes: Uint8Array): DigestsState {
    writeFully(this.#chunks, bytes, offset);
    this.#hash.update(bytes);
    if (offset + bytes.length < digestListBytes(this.#subject)) return 'more';
    this.#whole = this.#hash.digest('hex') === this.#subject.chunksSha256;
    this.#hash = createHash('sha256');
    this.#pageOf = -1;
    return this.#whole ? 'whole' : 'wrong';
  }

  storeUnit(unit: number, bytes: Uint8Array): boolean {
    if (!this.#matches(unit, bytes)) return false;
    writeFully(this.#payload, bytes, unit * UNIT_BYTES);
    return true;
  }

  holdsUnit(unit: number, scratch: Uint8Array, writeAgain: boolean): boolean {
    const bytes = scratch.subarray(0, unitLength(this.#subject, unit));
    const at = unit * UNIT_BYTES;
    if (readFully(this.#payload, bytes, at) !== bytes.length || !this.#matches(unit, bytes)) return false;
    if (writeAgain) writeFully(this.#payload, bytes, at);
    return true;
  }

  /** Errors: the system's, with both closed. */
  close(): void {
    try {
      closeSync(this.#payload);
    } finally {
      closeSync(this.#chunks);
    }
  }

  #matches(unit: number, bytes: Uint8Array): boolean {
    return this.#whole && equalBytes(sha256(bytes), this.#digest(unit));
  }

  #digest(unit: number): Uint8Array {
    const page = Math.floor(unit / PAGE_DIGESTS);
    if (page !== this.#pageOf) {
      this.#page.fill(0);
      readFully(this.#chunks, this.#page, page * this.#page.length);
      this.#pageOf = page;
    }
    const at = (unit % PAGE_DIGESTS) * DIGEST_BYTES;
    return this.#page.subarray(at, at + DIGEST_BYTES);
  }
}

/** Open recordings by number. */
export class OpenUnits {
  readonly #works = new Map<number, UnitFiles>();

  add(work: number, files: UnitFiles): void {
    this.#works.set(work, files);
  }

  /** Errors: "units.not-open" where a worker before this one had it open. */
  get(work: number): UnitFiles {
    const files = this.#works.get(work);
    if (files !== undefined) return files;
    throw new DockError('units.not-open', 'the worker that had this recording open is gone', {
      retry: 'later',
    });
  }

  close(work: number): void {
    const files = this.#works.get(work);
    this.#works.delete(work);
    files?.close();
  }
}
