// Files of a camera in the rig, in memory and in the folder that a responder serves.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeOld } from '../fakes/put-ledger.ts';
import type { CardFiles } from './disk-images.ts';

export const MIB = 1024 * 1024;

/** A big file, a small one and an empty one; the names begin with `name`. */
export function cameraFiles(name: string, bigMib: number): CardFiles {
  return new Map([...bigAndSmall(name, bigMib), [`DCIM/${name}_3.LOG`, Buffer.alloc(0)]]);
}

/** Those two alone: each recording costs the guest some seconds. */
export function bigAndSmall(name: string, bigMib: number): CardFiles {
  return new Map([
    [`DCIM/100MEDIA/${name}_1.MP4`, bigBytes(bigMib)],
    [`DCIM/100MEDIA/${name}_2.MP4`, randomBytes(1000)],
  ]);
}

/** One random MiB again and again, each with its number: random bytes are slow to make in the guest. */
function bigBytes(mib: number): Buffer {
  const piece = randomBytes(MIB);
  const pieces = Array.from({ length: mib }, (_, number) => {
    const next = Buffer.from(piece);
    next.writeUInt32LE(number);
    return next;
  });
  return Buffer.concat(pieces);
}

export async function writeFiles(folder: string, files: CardFiles): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    await makeOld(join(folder, path));
  }
}

/** Their paths below it, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}
