// The files that every party is given: dense, not compressible, cheap to make, with the digests that everything is compared with.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeOld } from '../fakes/put-ledger.ts';
import { MemoryInUse } from './memory-in-use.ts';

const MIB = 1024 * 1024;
/** Beside what a party writes: logs, keys, the file system's own needs. */
const SPARE_BYTES = 1024 * MIB;

/** One source file. */
export interface SourceFile {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Source files in one folder that holds nothing else. */
export interface Work {
  readonly folder: string;
  readonly files: readonly SourceFile[];
  readonly sizeBytes: number;
  readonly memory: MemoryInUse;
}

/**
 * Writes `count` files that together have `sizeMib` (rounded up to whole MiB a file); they are in the page cache afterwards. `names` begin
 * with that: a camera that brings a file by a name that it had before is compared with what that was, which is work of its own.
 */
export async function makeWork(
  folder: string,
  count: number,
  sizeMib: number,
  signal: AbortSignal,
  names = 'KOD',
): Promise<Work> {
  await mkdir(folder, { recursive: true });
  const fileMib = Math.ceil(sizeMib / count);
  const files: SourceFile[] = [];
  for (let number = 1; number <= count; number++) {
    signal.throwIfAborted();
    const name = `${names}_${String(number).padStart(4, '0')}.MP4`;
    files.push(await makeFile(join(folder, name), name, fileMib, signal));
  }
  const memory = new MemoryInUse(`${folder}.filler`);
  return { folder, files, sizeBytes: count * fileMib * MIB, memory };
}

/** One random MiB again and again, each time with its number in front: no two MiB are equal. */
async function makeFile(
  path: string,
  name: string,
  sizeMib: number,
  signal: AbortSignal,
): Promise<SourceFile> {
  const piece = randomBytes(MIB);
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  try {
    for (let number = 0; number < sizeMib; number++) {
      signal.throwIfAborted();
      piece.writeUInt32LE(number);
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  await makeOld(path); // of this shift: a docking does not wait to see whether somebody writes it
  return { name, path, sizeBytes: sizeMib * MIB, sha256: hash.digest('hex') };
}

/** A folder of a measurement's own on the disk that is measured; gone when `run` has ended. Errors: those of `run`; the system's. */
export async function inBenchFolder<Result>(run: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Hex SHA-256 of a file. */
export async function digestFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash, { signal });
  return hash.digest('hex');
}

/** Before each repetition: no party pays for the source's disk, nor for memory that nobody had before it. */
export async function warm(work: Work, signal: AbortSignal): Promise<void> {
  await work.memory.bring(signal);
  for (const file of work.files)
    for await (const piece of createReadStream(file.path, { highWaterMark: MIB, signal })) void piece;
}

/** Errors: what is free and what is needed, where a folder's disk is too small. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [freeMib, wantedMib] = [bavail * bsize, bytes + SPARE_BYTES].map((value) => Math.floor(value / MIB));
  if (freeMib === undefined || wantedMib === undefined || freeMib >= wantedMib) return;
  throw new Error(
    `${folder} has ${freeMib} MiB free and the bench needs ${wantedMib} MiB: make room, set TMPDIR to another disk, or use --quick`,
  );
}
