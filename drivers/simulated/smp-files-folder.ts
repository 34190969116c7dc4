// A serial camera's files in a folder of this machine. Names that SMP cannot carry and what is no regular file are not shown; symbolic
// links are not followed. A file is read piece by piece, never as a whole.
import { constants } from 'node:fs';
import { lstat, open, readdir, realpath, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { inByteOrder, SMP_NAME_BYTES_MAX, type SmpFile, type SmpFiles } from './smp-files.ts';

const DEPTH_MAX = 16;
const SEPARATOR = Buffer.from('/');

/** Shape: `timeText` writes a file's time (ms since 1970) as this camera's clock would. Errors: the system's. */
export function folderSmpFiles(root: string, timeText: (ms: number) => string): SmpFiles {
  const describe = async (name: string): Promise<SmpFile | undefined> => {
    if (!isPlainName(name)) return undefined;
    const found = await lstat(join(root, name)).catch(absent);
    if (found?.isFile() !== true || !(await isBelow(root, name))) return undefined;
    return { name, sizeBytes: found.size, at: timeText(found.mtimeMs), kind: null, locked: false };
  };
  return {
    list: async () => {
      const files: SmpFile[] = [];
      for await (const name of namesBelow(root, Buffer.alloc(0), 0)) {
        const file = await describe(name);
        if (file !== undefined) files.push(file);
      }
      return inByteOrder(files);
    },
    find: describe,
    read: async (name, offset, count) =>
      (await describe(name)) === undefined ? new Uint8Array() : readAt(join(root, name), offset, count),
    erase: async (name) => {
      if ((await describe(name)) === undefined) return;
      await unlink(join(root, name)).catch((cause: unknown) => {
        if (systemCode(cause) === 'ENOENT') return;
        const words = `the simulated camera cannot erase a file of its folder (${systemCode(cause) ?? 'unknown error'})`;
        throw new DockError('simulated.protected', words, { retry: 'person', cause });
      });
    },
  };
}

async function* namesBelow(root: string, folder: Buffer, depth: number): AsyncGenerator<string> {
  if (depth > DEPTH_MAX) return;
  const place = Buffer.concat([Buffer.from(root), SEPARATOR, folder]);
  for (const entry of await readdir(place, { withFileTypes: true, encoding: 'buffer' })) {
    const path = folder.length === 0 ? entry.name : Buffer.concat([folder, SEPARATOR, entry.name]);
    if (entry.isDirectory()) yield* namesBelow(root, path, depth + 1);
    const name = entry.isFile() && path.length <= SMP_NAME_BYTES_MAX ? parseUtf8(path) : undefined;
    if (name !== undefined) yield name;
  }
}

async function readAt(path: string, offset: number, count: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const bytes = new Uint8Array(count);
    const { bytesRead } = await file.read(bytes, 0, count, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** True where no folder on the way to the file is a link: what lies outside the card is no file of the camera. */
async function isBelow(root: string, name: string): Promise<boolean> {
  const [real, parent] = await Promise.all([realpath(root), realpath(dirname(join(root, name)))]);
  return parent === join(real, dirname(name));
}

function isPlainName(name: string): boolean {
  if (name.includes('\0') || Buffer.byteLength(name) > SMP_NAME_BYTES_MAX) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function absent(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) throw error;
}
