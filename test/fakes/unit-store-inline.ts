// Checks and writes units on the calling thread through the Files port: for tests with a disk in memory, and as the model of what the
// worker does.
import { createHash, type Hash } from 'node:crypto';
import { equalBytes, sha256 } from '../../protocol/format/bytes.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../protocol/format/limits.ts';
import type { Files, OpenFile } from '../../protocol/format/ports.ts';
import type { Slabs } from '../../agent/receiver/transfer/slabs.ts';
import {
  digestListBytes,
  unitLength,
  type DigestsState,
  type UnitStore,
  type UnitSubject,
  type UnitWork,
} from '../../agent/receiver/vault/unit-store.ts';

const PIECE_BYTES = 64 * 1024;

/** A UnitStore over `files`, with the units in `slabs`. */
export function inlineUnitStore(files: Files, slabs: Pick<Slabs, 'view'>): UnitStore {
  return {
    checkDigests: (path, subject) => checkDigests(files, path, subject),
    open: async (places, subject, mode) => {
      const payload = await files.open(places.payloadPath, mode.kind);
      const chunks = await files.open(places.chunksPath, mode.kind);
      const whole = mode.kind === 'read' || mode.digestsWhole;
      return new InlineUnitWork({ payload, chunks, slabs, subject, whole });
    },
  };
}

async function checkDigests(files: Files, path: string, subject: UnitSubject): Promise<boolean> {
  const total = digestListBytes(subject);
  if ((await files.stat(path))?.sizeBytes !== total) return false;
  const file = await files.open(path, 'read');
  try {
    const hash = createHash('sha256');
    const piece = new Uint8Array(Math.min(PIECE_BYTES, total));
    for (let at = 0; at < total; at += piece.length)
      hash.update(piece.subarray(0, await file.read(piece, at)));
    return hash.digest('hex') === subject.chunksSha256;
  } finally {
    await file.close();
  }
}

interface InlineParts {
  readonly payload: OpenFile;
  readonly chunks: OpenFile;
  readonly slabs: Pick<Slabs, 'view'>;
  readonly subject: UnitSubject;
  readonly whole: boolean;
}

class InlineUnitWork implements UnitWork {
  readonly #parts: InlineParts;
  #whole: boolean;
  #hash: Hash = createHash('sha256');
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: InlineParts) {
    this.#parts = parts;
    this.#whole = parts.whole;
  }

  appendDigests(offset: number, lent: Uint8Array): Promise<DigestsState> {
    const bytes = new Uint8Array(lent);
    return this.#inOrder(async () => {
      await this.#parts.chunks.write(bytes, offset);
      this.#hash.update(bytes);
      const { subject } = this.#parts;
      if (offset + bytes.length < digestListBytes(subject)) return 'more';
      this.#whole = this.#hash.digest('hex') === subject.chunksSha256;
      this.#hash = createHash('sha256');
      return this.#whole ? 'whole' : 'wrong';
    });
  }

  storeUnit(unit: number, slab: number, sizeBytes: number): Promise<boolean> {
    return this.#inOrder(async () => {
      const bytes = this.#parts.slabs.view(slab).subarray(0, sizeBytes);
      if (!(await this.#matches(unit, bytes))) return false;
      await this.#parts.payload.write(bytes, unit * UNIT_BYTES);
      return true;
    });
  }

  holdsUnit(unit: number, writeAgain = false): Promise<boolean> {
    return this.#inOrder(async () => {
      const bytes = new Uint8Array(unitLength(this.#parts.subject, unit));
      const count = await this.#parts.payload.read(bytes, unit * UNIT_BYTES);
      if (count !== bytes.length || !(await this.#matches(unit, bytes))) return false;
      if (writeAgain) await this.#parts.payload.write(bytes, unit * UNIT_BYTES);
      return true;
    });
  }

  async close(): Promise<void> {
    const { payload, chunks } = this.#parts;
    const closed = await this.#inOrder(() => Promise.allSettled([payload.close(), chunks.close()]));
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  async #matches(unit: number, bytes: Uint8Array): Promise<boolean> {
    if (!this.#whole) return false;
    const digest = new Uint8Array(DIGEST_BYTES);
    await this.#parts.chunks.read(digest, unit * DIGEST_BYTES);
    return equalBytes(sha256(bytes), digest);
  }

  #inOrder<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
