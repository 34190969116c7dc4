// Durable writing over the Files port: whole small files, folders, and folder syncs that many callers share.
import { dirname } from 'node:path';
import { encodeUtf8, parseUtf8 } from '../bytes.ts';
import { systemCode } from '../errors.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../limits.ts';
import type { Files, OpenFile } from '../ports.ts';
import { SIGNATURE_SUFFIX } from './vault-layout.ts';
import type { SignedDocument } from './vault.ts';

/** Suffix of a file that is not in place yet. */
export const TEMPORARY = '.tmp';

/** Makes a folder where there is none. */
export async function ensureFolder(files: Files, path: string): Promise<void> {
  await files.makeFolder(path).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
}

/** The whole file, or undefined where there is none. Errors: the system's; "EFBIG" beyond `bytesMax`. */
export async function readIfThere(
  files: Files,
  path: string,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  try {
    return await files.readAll(path, bytesMax);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A document with its signature file beside it; undefined where one of them is not there, is no file, or is too long. Errors: the system's. */
export async function readDocument(
  files: Files,
  path: string,
  bytesMax: number,
): Promise<SignedDocument | undefined> {
  try {
    const [bytes, signature] = await Promise.all([
      readIfThere(files, path, bytesMax),
      readIfThere(files, path + SIGNATURE_SUFFIX, SIGNATURE_FILE_BYTES_MAX),
    ]);
    const text = signature === undefined ? undefined : parseUtf8(signature);
    return bytes === undefined || text === undefined ? undefined : { bytes, signature: text };
  } catch (error) {
    if (['EFBIG', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Names in a folder; none where there is no folder. */
export async function listIfThere(files: Files, path: string): Promise<string[]> {
  return files.list(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
}

/** Creates a file; a leftover of that name is replaced. */
export async function createAnew(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.create(path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await files.unlink(path);
    return files.create(path);
  }
}

/** Writes a new file and syncs its bytes; its name is durable only after a sync of the folder. A leftover of that name is replaced. */
export async function writeSynced(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const file = await createAnew(files, path);
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts a document and its signature in place, durably, over earlier ones of that name. The document comes last: what has its name has its signature. */
export async function placeDocument(files: Files, path: string, document: SignedDocument): Promise<void> {
  const signaturePath = path + SIGNATURE_SUFFIX;
  await Promise.all([
    writeSynced(files, path + TEMPORARY, document.bytes),
    writeSynced(files, signaturePath + TEMPORARY, encodeUtf8(document.signature)),
  ]);
  await files.rename(signaturePath + TEMPORARY, signaturePath);
  await files.rename(path + TEMPORARY, path);
  await files.syncFolder(dirname(path));
}

/** Folder syncs: whoever asks while one is running shares the next one with all others who ask. */
export class FolderSyncs {
  readonly #files: Files;
  readonly #running = new Map<string, { current: Promise<void>; next: Promise<void> | undefined }>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Resolves after a sync that began after this call. */
  sync(path: string): Promise<void> {
    const running = this.#running.get(path);
    if (running === undefined) return this.#start(path);
    running.next ??= running.current.then(
      () => this.#start(path),
      () => this.#start(path),
    );
    return running.next;
  }

  #start(path: string): Promise<void> {
    const current = this.#files.syncFolder(path);
    const entry: { current: Promise<void>; next: Promise<void> | undefined } = { current, next: undefined };
    this.#running.set(path, entry);
    const forget = (): void => {
      if (this.#running.get(path) === entry && entry.next === undefined) this.#running.delete(path);
    };
    current.then(forget, forget);
    return current;
  }
}
