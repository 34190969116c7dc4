// Copies one folder of the spool: every byte is durable and was read again before the copy has its name.
//
// Invariants:
// 1. What is there already is not touched; a copy that is not whole never has the recording's name.
// 2. The source is only read.
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { DockError } from '../../protocol/format/errors.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { PAYLOAD_NAME } from '../spool/layout.ts';

const PIECE_BYTES = 1024 * 1024;
/** A folder has six files. */
const FILES_MAX = 64;
/** The digest list of a terabyte; what is longer was damaged and would fill the target. */
const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;
const UNFINISHED = '.unfinished';

/** Bytes that were copied. Errors: "spool.copy-exists", "spool.copy-differs", "spool.odd-folder", the system's, the signal's reason. */
export async function copyFolder(
  files: Files,
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<number> {
  if ((await files.stat(to)) !== undefined)
    throw new DockError('spool.copy-exists', `${to} is there already: nothing was copied`, {
      retry: 'person',
    });
  const names = await files.list(from);
  if (names.length > FILES_MAX)
    throw new DockError(
      'spool.odd-folder',
      `${from} holds ${names.length} names, at most ${FILES_MAX} are copied`,
      {
        retry: 'person',
      },
    );
  const unfinished = `${to}${UNFINISHED}`;
  await files.removeTree(unfinished); // of a copy that was cut off
  await files.makeFolder(unfinished);
  try {
    let bytes = 0;
    for (const name of names.sort())
      bytes += await copyFile(files, join(from, name), join(unfinished, name), signal);
    await files.syncFolder(unfinished);
    await files.rename(unfinished, to);
    await files.syncFolder(join(to, '..'));
    return bytes;
  } catch (error) {
    await files.removeTree(unfinished).catch(() => undefined);
    throw error;
  }
}

async function copyFile(files: Files, from: string, to: string, signal: AbortSignal): Promise<number> {
  const found = await files.stat(from);
  if (found?.kind === 'folder')
    throw new DockError('spool.odd-folder', `${from} is a folder: a recording has none`, { retry: 'person' });
  if (found !== undefined && found.sizeBytes > DOCUMENT_BYTES_MAX && basename(from) !== PAYLOAD_NAME)
    throw new DockError(
      'spool.odd-folder',
      `${from} has ${found.sizeBytes} bytes, no document of a recording has more than ${DOCUMENT_BYTES_MAX}`,
      { retry: 'person' },
    );
  const source = await files.open(from, 'read');
  try {
    const target = await files.create(to);
    let read: Pass;
    try {
      read = await pass(source, signal, (piece, position) => target.write(piece, position));
      await target.sync();
    } finally {
      await target.close();
    }
    const again = await readAgain(files, to, signal);
    if (again.sha256 === read.sha256 && again.bytes === read.bytes) return read.bytes;
    throw new DockError('spool.copy-differs', `${to} is not what was written: this disk cannot be trusted`, {
      retry: 'person',
    });
  } finally {
    await source.close();
  }
}

async function readAgain(files: Files, path: string, signal: AbortSignal): Promise<Pass> {
  const file = await files.open(path, 'read');
  try {
    return await pass(file, signal, () => Promise.resolve());
  } finally {
    await file.close();
  }
}

interface Pass {
  readonly bytes: number;
  readonly sha256: string;
}

async function pass(
  file: Awaited<ReturnType<Files['open']>>,
  signal: AbortSignal,
  take: (piece: Uint8Array, position: number) => Promise<void>,
): Promise<Pass> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(PIECE_BYTES);
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const piece = buffer.subarray(0, await file.read(buffer, bytes));
    if (piece.length === 0) return { bytes, sha256: hash.digest('hex') };
    hash.update(piece);
    await take(piece, bytes);
    bytes += piece.length;
  }
}
