// Writes a kit into a folder beside its place, under a name that nobody looks at, and puts it in place as a whole.
//
// Invariants:
// 1. A folder that has something in it is never touched.
// 2. The kit gets its name only when every byte of it is durable; a kit that was not finished leaves nothing behind.
// 3. SHA256SUMS names every other file, with the digest of the bytes that were read for it.
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { unlinkIfThere, writeDurable } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { makeSessionId } from '../../../protocol/format/ids.ts';
import type { Files, OpenFile, Random } from '../../../protocol/format/ports.ts';

const PIECE_BYTES = 1024 * 1024;
const SUMS = 'SHA256SUMS';

/** A kit that is being written. Paths below it have `/` between their parts. */
export class KitWriter {
  /** Where it lies until it is finished. */
  readonly folder: string;
  readonly #files: Files;
  readonly #out: string;
  readonly #signal: AbortSignal;
  readonly #folders = new Set<string>();
  readonly #sums = new Map<string, string>();

  private constructor(files: Files, out: string, folder: string, signal: AbortSignal) {
    this.#files = files;
    this.#out = out;
    this.folder = folder;
    this.#signal = signal;
  }

  /** Begins a kit. Errors: "export.exists" where `out` holds something or is no folder; "export.unwritable". */
  static async begin(files: Files, out: string, random: Random, signal: AbortSignal): Promise<KitWriter> {
    const path = resolve(out);
    const isThere = await isEmptyFolder(files, path);
    const folder = join(dirname(path), `.bodydock-export-${makeSessionId(random)}`);
    try {
      await files.makeFolder(folder);
      if (isThere) await tryPlace(files, folder, path);
    } catch (error) {
      throw unwritable(path, error);
    }
    return new KitWriter(files, path, folder, signal);
  }

  /** Paths that were written so far, sorted. */
  get paths(): string[] {
    return [...this.#sums.keys()].sort();
  }

  /** Writes a text of ours. Errors: "export.unwritable". */
  async write(path: string, text: string): Promise<void> {
    const bytes = encodeUtf8(text);
    try {
      await writeDurable(this.#files, await this.#place(path), bytes);
    } catch (error) {
      throw unwritable(this.#out, error);
    }
    this.#sums.set(path, sha256Hex(bytes));
  }

  /** Copies a file as it is. Errors: "export.unwritable"; those of reading; the signal's reason. */
  async copy(from: string, path: string): Promise<void> {
    const source = await this.#files.open(from, 'read');
    const target = await this.#place(path);
    try {
      this.#sums.set(path, await this.#copyInto(source, target));
    } catch (error) {
      await unlinkIfThere(this.#files, target).catch(() => undefined);
      throw error;
    } finally {
      await source.close();
    }
  }

  /** Puts the kit in place. Errors: "export.exists" where something came there meanwhile; "export.unwritable". */
  async finish(): Promise<void> {
    const sums = this.paths.map((path) => `${this.#sums.get(path)}  ${path}\n`).join('');
    try {
      await writeDurable(this.#files, join(this.folder, SUMS), encodeUtf8(sums));
      for (const folder of [...this.#folders, this.folder]) await this.#files.syncFolder(folder);
      await this.#files.rename(this.folder, this.#out);
      await this.#files.syncFolder(dirname(this.#out));
    } catch (error) {
      throw ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error) ?? '')
        ? exists(this.#out)
        : unwritable(this.#out, error);
    }
  }

  /** Removes what was written. Never rejects. */
  async abandon(): Promise<void> {
    await this.#files.removeTree(this.folder).catch(() => undefined);
  }

  async #place(path: string): Promise<string> {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = join(this.folder, ...parts.slice(0, depth));
      if (this.#folders.has(folder)) continue;
      await this.#files.makeFolder(folder);
      this.#folders.add(folder);
    }
    return join(this.folder, path);
  }

  async #copyInto(source: OpenFile, path: string): Promise<string> {
    const hash = createHash('sha256');
    const target = await this.#files.create(path).catch((error: unknown) => {
      throw unwritable(this.#out, error);
    });
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      for (let position = 0; ;) {
        this.#signal.throwIfAborted();
        const bytes = piece.subarray(0, await source.read(piece, position));
        hash.update(bytes);
        await this.#put(target, bytes, position);
        position += bytes.length;
        if (bytes.length < piece.length) break;
      }
      await target.sync();
    } finally {
      await target.close();
    }
    return hash.digest('hex');
  }

  async #put(target: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
    try {
      if (bytes.length > 0) await target.write(bytes, position);
    } catch (error) {
      throw unwritable(this.#out, error);
    }
  }
}

/** False where nothing is there. Errors: "export.exists" for everything else. */
async function isEmptyFolder(files: Files, path: string): Promise<boolean> {
  const found = await files.stat(path);
  if (found === undefined) return false;
  if (found.kind !== 'folder' || (await files.list(path)).length > 0) throw exists(path);
  return true;
}

/** A folder that is there may be one that nothing replaces: where a disk is mounted, or of somebody else. It is known before anything goes out. */
async function tryPlace(files: Files, folder: string, path: string): Promise<void> {
  try {
    await files.rename(folder, path);
  } catch (error) {
    await files.removeTree(folder);
    throw error;
  }
  await files.makeFolder(folder);
}

function exists(path: string): DockError {
  const message = `${path} is there already and not an empty folder; nothing in it is touched: name another one with --out`;
  return new DockError('export.exists', message, { retry: 'person' });
}

function unwritable(path: string, cause: unknown): DockError {
  if (systemCode(cause) === 'EBUSY') {
    const message = `${path} is where a disk is mounted: name a new folder on it with --out, such as ${join(path, 'kit')}`;
    return new DockError('export.unwritable', message, { retry: 'person', cause });
  }
  const message = `${path} could not be written (${systemCode(cause) ?? 'unknown error'}): look at the folder above it, its owner and its space`;
  return new DockError('export.unwritable', message, { retry: 'person', cause });
}
