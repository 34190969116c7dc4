// One segment of a station's custody log as a file of the vault.
//
// Invariants:
// 1. `head` is durable: it moves only after the sync of the lines that it names.
// 2. Only whole lines count. What lies behind the last whole line (a torn append) or behind the durable part (after a failed sync) is
//    left out when the file is written anew, before the next append.
// 3. Behind a failed sync the system shows what it did not write, and says at the next sync that all is well. So the end of a file, where the
//    last append lies, is written once more when it is opened: nobody knows how that one went.
import { join } from 'node:path';
import { CHAIN_START, type ChainState } from '../custody-entry.ts';
import { createAnew } from '../durable.ts';
import type { SegmentId } from '../ids.ts';
import { signatureKeyId } from '../minisign.ts';
import type { Files, OpenFile } from '../ports.ts';
import { readTail, TAIL_BYTES, type CustodyTail } from './custody-tail.ts';
import type { FolderSyncs } from '../folder-syncs.ts';
import { TEMPORARY } from './vault-layout.ts';

const COPY_BYTES = 1024 * 1024;

/** Where a segment's lines lie. */
export function segmentPath(folder: string, segment: SegmentId): string {
  return join(folder, `${segment}.jsonl`);
}

/** What opens a file: `append` its one keeper; `read` anybody else, who may do so while the keeper appends. */
export type CustodyUse = 'append' | 'read';

type Tail = Pick<CustodyTail, 'head' | 'wholeBytes' | 'checkpoint'>;

/** A segment that is open for appending by this receiver alone. */
export class CustodyFile {
  readonly #files: Files;
  readonly #syncs: FolderSyncs;
  readonly #folder: string;
  readonly #path: string;
  #head: ChainState;
  #keyId: string | undefined;
  #wholeBytes: number;
  #clean: boolean;
  #named: boolean;
  #tornBytes: number;

  private constructor(
    place: { files: Files; syncs: FolderSyncs; folder: string; path: string },
    tail: Tail,
    sizeBytes: number | undefined,
  ) {
    this.#files = place.files;
    this.#syncs = place.syncs;
    this.#folder = place.folder;
    this.#path = place.path;
    this.#head = tail.head;
    this.#keyId = signatureKeyId(String(tail.checkpoint?.facts['signature']));
    this.#wholeBytes = tail.wholeBytes;
    this.#tornBytes = (sizeBytes ?? 0) - tail.wholeBytes;
    this.#clean = this.#tornBytes === 0;
    this.#named = sizeBytes !== undefined;
  }

  /** Errors: "custody.damaged" where the last lines do not hold; the system's. */
  static async open(
    files: Files,
    syncs: FolderSyncs,
    folder: string,
    segment: SegmentId,
    use: CustodyUse,
  ): Promise<CustodyFile> {
    const path = segmentPath(folder, segment);
    const place = { files, syncs, folder, path };
    const stat = await files.stat(path);
    if (stat === undefined)
      return new CustodyFile(place, { head: CHAIN_START, wholeBytes: 0, checkpoint: undefined }, undefined);
    const opened = new CustodyFile(place, await tailOf(files, path, stat.sizeBytes, use), stat.sizeBytes);
    if (use === 'append') await syncs.sync(folder);
    return opened;
  }

  /** The last entry that is durable; sequence 0 where there is none. */
  get head(): ChainState {
    return this.#head;
  }

  /** Id of the key of its last checkpoint, in 16 hex digits; undefined where none is known. A segment is of one key (SPEC 4.9). */
  get keyId(): string | undefined {
    return this.#keyId;
  }

  /** Bytes behind the last line that holds; the next append leaves them out. */
  get tornBytes(): number {
    return this.#tornBytes;
  }

  /** Appends whole lines; resolves when they are durable. After an error the file is written anew by the next call. Errors: the system's. */
  async append(
    lines: Uint8Array,
    { head, keyId }: { readonly head: ChainState; readonly keyId: string | undefined },
  ): Promise<void> {
    if (!this.#clean) await this.#rewrite();
    this.#clean = false;
    const file = this.#named
      ? await this.#files.open(this.#path, 'write')
      : await createAnew(this.#files, this.#path);
    try {
      await file.write(lines, this.#wholeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!this.#named) await this.#syncs.sync(this.#folder);
    this.#named = true;
    this.#clean = true;
    this.#wholeBytes += lines.length;
    this.#head = head;
    this.#keyId = keyId;
  }

  async #rewrite(): Promise<void> {
    const temporary = this.#path + TEMPORARY;
    const to = await createAnew(this.#files, temporary);
    try {
      if (this.#wholeBytes > 0) await this.#copyTo(to);
      await to.sync();
    } finally {
      await to.close();
    }
    await this.#files.rename(temporary, this.#path);
    await this.#syncs.sync(this.#folder);
    this.#named = true;
    this.#clean = true;
    this.#tornBytes = 0;
  }

  async #copyTo(to: OpenFile): Promise<void> {
    const from = await this.#files.open(this.#path, 'read');
    try {
      const piece = new Uint8Array(Math.min(COPY_BYTES, this.#wholeBytes));
      for (let at = 0; at < this.#wholeBytes; at += piece.length) {
        const part = piece.subarray(0, Math.min(piece.length, this.#wholeBytes - at));
        await from.read(part, at);
        await to.write(part, at);
      }
    } finally {
      await from.close();
    }
  }
}

/** Lines of an earlier run may never have reached the medium; what `head` says must have. */
async function tailOf(files: Files, path: string, sizeBytes: number, use: CustodyUse): Promise<CustodyTail> {
  const file = await files.open(path, use === 'append' ? 'write' : 'read');
  try {
    const tail = await readTail(file, sizeBytes);
    if (use === 'append') await writeAgain(file, tail.wholeBytes);
    await file.sync();
    return tail;
  } finally {
    await file.close();
  }
}

/** The same bytes once more, as many as the last append may have had. */
async function writeAgain(file: OpenFile, wholeBytes: number): Promise<void> {
  const from = Math.max(0, wholeBytes - TAIL_BYTES);
  const bytes = new Uint8Array(wholeBytes - from);
  if ((await file.read(bytes, from)) === bytes.length) await file.write(bytes, from);
}
