// Reads one file of a card in pieces, one piece ahead of the receiver, and looks at it again before it says that this was all.
import assert from 'node:assert/strict';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import type { InventoryEntry, Piece } from '../driver.ts';
import { isAsListed } from './entries.ts';
import type { EntryStat, OpenedFile } from './folder-files.ts';
import { changed, type Medium, type Reached } from './medium.ts';
import { RangeReader } from './read-range.ts';

/**
 * One piece, where the one before was whole: the system reads ahead by itself, and each bay has half as much on its way as with the longest pieces.
 * Where something could not be read, it takes long to be sure of that, once for each piece, so that there they are the longest.
 */
const READ_BYTES = PULL_PIECE_BYTES / 2;

/** Shape and errors: as CameraSession.read. */
export async function* readFile(
  medium: Medium,
  entry: InventoryEntry,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  assert.ok(
    offset >= 0 && offset <= entry.sizeBytes,
    `offset ${offset} in a file of ${entry.sizeBytes} bytes`,
  );
  try {
    yield* readReached(medium, entry, offset, signal);
  } catch (error) {
    await medium.fail(error, signal);
  }
}

async function* readReached(
  medium: Medium,
  entry: InventoryEntry,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  const reached = await medium.reach(entry.path, signal);
  let file: OpenedFile | undefined;
  try {
    file = await openListed(medium, reached, entry, signal);
    yield* readAhead(new RangeReader(medium, file, signal), offset, entry.sizeBytes);
    await lookAgain(medium, reached, file, entry, signal);
  } finally {
    if (file !== undefined) await medium.calls.release(file.close());
    await reached.close();
  }
}

/** Opens the file if it is the listed one. A device node or a FIFO is not even opened, which could already do something. */
async function openListed(
  medium: Medium,
  { folder, name }: Reached,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<OpenedFile> {
  assertListed(medium, entry, await medium.calls.run('looking', signal, () => folder.lstat(name)));
  const open = (): Promise<OpenedFile> => folder.openFile(name);
  const file = await medium.calls.run('opening', signal, open, (late) => medium.calls.release(late.close()));
  try {
    assertListed(medium, entry, await medium.calls.run('looking', signal, () => file.stat()));
    return file;
  } catch (error) {
    await medium.calls.release(file.close());
    throw error;
  }
}

/** The open file and its name in the folder both still show what was listed: it was neither written nor replaced. */
async function lookAgain(
  medium: Medium,
  { folder, name }: Reached,
  file: OpenedFile,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<void> {
  assertListed(medium, entry, await medium.calls.run('looking', signal, () => folder.lstat(name)));
  assertListed(medium, entry, await medium.calls.run('looking', signal, () => file.stat()));
  await medium.assertPresent(signal);
}

function assertListed(medium: Medium, entry: InventoryEntry, stat: EntryStat): void {
  if (stat.kind !== 'file') throw changed('it is no regular file');
  if (!isAsListed(stat, entry, medium.keepsNumbers)) throw changed('its size or time differs');
}

async function* readAhead(
  reader: RangeReader,
  offset: number,
  sizeBytes: number,
): AsyncGenerator<Piece, void, undefined> {
  const start = (from: number, to: number): Promise<Piece[]> | undefined => {
    if (from >= sizeBytes) return undefined;
    const reading = reader.read(from, to);
    reading.catch(() => undefined); // may fail while the receiver is busy with the piece before; awaited below
    return reading;
  };
  let to = Math.min(sizeBytes, offset + READ_BYTES);
  for (let reading = start(offset, to); reading !== undefined;) {
    const pieces = await reading;
    const isWhole = pieces.every(({ kind }) => kind === 'bytes');
    const from = to;
    to = Math.min(sizeBytes, from + (isWhole ? READ_BYTES : PULL_PIECE_BYTES));
    reading = start(from, to);
    yield* pieces;
  }
}
