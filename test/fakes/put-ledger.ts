// What a test put on its cameras: the truth that the vault is compared with. Knows nothing of the programs.
import { createHash } from 'node:crypto';
import { mkdir, open, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One original. */
export interface Put {
  /** Camera id. */
  readonly camera: string;
  /** Exact bytes of the path below the camera's root, as Latin-1 text. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** False for a state that the file only had for a time: it may be in the vault, and need not. */
  readonly required: boolean;
}

/** Remembers and writes. What it writes is of an hour ago, as a recording is when its camera is docked: nobody writes it any more. */
export class PutLedger {
  readonly puts: Put[] = [];
  #written = 0;

  /** Notes what lies, or will lie, there. */
  note(camera: string, path: Uint8Array | string, bytes: Uint8Array, required = true): void {
    this.add(camera, path, createHash('sha256').update(bytes).digest('hex'), bytes.length, required);
  }

  add(camera: string, path: Uint8Array | string, sha256: string, sizeBytes: number, required = true): void {
    this.puts.push({ camera, path: Buffer.from(path).toString('latin1'), sha256, sizeBytes, required });
  }

  /** Writes a file below `root` and notes it; folders are made. */
  async put(camera: string, root: string, path: Uint8Array | string, bytes: Uint8Array): Promise<void> {
    const at = pathBelow(root, path);
    this.note(camera, path, bytes);
    const beside = this.#beside(root);
    await writeFile(beside, bytes);
    await moveOld(beside, at);
  }

  /** A large file: the block again and again, each time with its number in front; never in memory as a whole. */
  async putLarge(
    camera: string,
    root: string,
    path: string,
    { block, count }: { readonly block: Uint8Array; readonly count: number },
  ): Promise<void> {
    const at = pathBelow(root, path);
    const beside = this.#beside(root);
    const hash = createHash('sha256');
    const piece = Buffer.from(block);
    const file = await open(beside, 'wx');
    try {
      for (let number = 0; number < count; number++) {
        piece.writeUInt32LE(number);
        hash.update(piece);
        await file.write(piece);
      }
    } finally {
      await file.close();
    }
    await moveOld(beside, at);
    this.add(camera, path, hash.digest('hex'), piece.length * count);
  }

  /** Where a file is written that is to appear on its camera as a whole: a station that looks meanwhile would see it grow. */
  #beside(root: string): string {
    return join(dirname(root), `.written-${++this.#written}`);
  }
}

function dirnameOf(at: Buffer): Buffer {
  return Buffer.from(dirname(at.toString('latin1')), 'latin1');
}

async function moveOld(from: string, to: Buffer): Promise<void> {
  await makeOld(from);
  await mkdir(dirnameOf(to), { recursive: true });
  await rename(from, to);
}

/** Gives a file the time of an hour ago. */
export async function makeOld(at: Buffer | string): Promise<void> {
  const atS = Math.floor(Date.now() / 1000) - 3600;
  await utimes(at, atS, atS);
}

/** Absolute path as bytes. */
export function pathBelow(root: string, path: Uint8Array | string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path)]);
}
