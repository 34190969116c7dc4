// Where the independent checker reads: folders on a real disk, or those of a simulated one.
import { closeSync, existsSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** Of a file that is read as a whole: a segment of the log has 2 MiB. What is longer lies in the place of one. */
const WHOLE_BYTES_MAX = 64 * 1024 * 1024;

/** Fills nothing after the end: fewer bytes than asked for are the last ones. */
export type ReadAt = (position: number, bytesMax: number) => Buffer;

/** Every method but `names` and `has` throws where nothing lies at the path. */
export interface Shelf {
  /** None where there is no such folder. */
  names(folder: string): string[];
  has(path: string): boolean;
  sizeBytes(path: string): number;
  read(path: string): Buffer;
  /** For files that do not fit into memory. */
  reading<T>(path: string | Buffer, use: (readAt: ReadAt) => T): T;
  /** One SHA-256 of 32 bytes for each unit of a file, where anybody who keeps the shelf took them of these very bytes before. */
  unitDigests?(path: string): Buffer;
}

/** The machine's own disk. */
export const diskShelf: Shelf = {
  names: (folder) =>
    lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : [],
  has: (path) => existsSync(path),
  sizeBytes: (path) => fileBytes(path),
  read: (path) => {
    if (fileBytes(path) > WHOLE_BYTES_MAX) throw new Error(`${path} is too long for what it should be`);
    return readFileSync(path);
  },
  reading: (path, use) => {
    fileBytes(path);
    const file = openSync(path, 'r');
    try {
      return use((position, bytesMax) => readFrom(file, position, bytesMax));
    } finally {
      closeSync(file);
    }
  },
};

/** Throws where it is no file: to open a FIFO waits for ever, and a link leads elsewhere. */
function fileBytes(path: string | Buffer): number {
  const found = lstatSync(path);
  if (!found.isFile()) throw new Error(`${path.toString()} is no file`);
  return found.size;
}

function readFrom(file: number, position: number, bytesMax: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytesMax);
  let length = 0;
  for (let count = -1; count !== 0 && length < bytesMax; length += count)
    count = readSync(file, buffer, length, bytesMax - length, position + length);
  return buffer.subarray(0, length);
}
