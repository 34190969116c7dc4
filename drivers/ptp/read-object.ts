// Reads one object: by partial reads where the camera has them, else as a whole that is cut off at the front.
//
// Invariants:
// 1. Bytes are given in order and exactly once, whatever lengths the camera answers with; never more than were listed.
// 2. The end comes only when as many bytes came as were listed, no more are there where that can be asked, and the camera still describes the object as it was.
import { describeError, DockError, isDockError } from '../../protocol/format/errors.ts';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import type { InventoryEntry, Piece } from '../driver.ts';
import { OPERATION, RESPONSE } from './codes.ts';
import type { PtpCommands } from './commands.ts';
import { responseOf } from './conversation.ts';
import { type FoundObject, withNewHandles } from './given-paths.ts';
import { describeObject, isStill } from './listing.ts';
import type { PtpQuirks } from './quirks.ts';

/** With its header just under one transfer, so that it always ends with a short packet. */
const PARTIAL_BYTES = PULL_PIECE_BYTES - 512;
const OFFSETS_32 = 2 ** 32;

/** Finds the object that an entry has now. Errors: "driver.gone". */
export type FindObject = (signal: AbortSignal) => Promise<Pick<FoundObject, 'handle' | 'plain'>>;

/** Errors: "driver.changed", "driver.gone", "driver.unreadable"; those of the commands. */
export async function* readObject(
  commands: PtpCommands,
  quirks: PtpQuirks,
  entry: InventoryEntry,
  offset: number,
  find: FindObject,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  if (offset > entry.sizeBytes) throw changed(`read from ${offset} of ${entry.sizeBytes} bytes`);
  const reach = commands.knows(OPERATION.getPartialObject64)
    ? Infinity
    : commands.knows(OPERATION.getPartialObject)
      ? OFFSETS_32
      : 0;
  if (entry.sizeBytes <= reach) {
    yield* inParts(commands, quirks, entry, offset, find, signal);
    if (entry.sizeBytes < reach) await assertNoMore(commands, entry, find, signal);
  } else yield* asWhole(commands, entry, offset, find, signal);
  await confirm(commands, entry, find, signal);
}

async function* inParts(
  commands: PtpCommands,
  quirks: PtpQuirks,
  entry: InventoryEntry,
  offset: number,
  find: FindObject,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  for (let at = offset; at < entry.sizeBytes;) {
    const { handle } = await find(signal);
    const asked = lengthOf(Math.min(PARTIAL_BYTES, entry.sizeBytes - at), quirks);
    const bytes = await commands.partial(handle, at, asked, signal).catch((error: unknown) => {
      if (!isDockError(error, 'ptp.handles-lost')) refused(error);
      return undefined;
    });
    if (bytes === undefined) continue;
    if (bytes.length === 0) throw otherLength(`it ends at ${at} of ${entry.sizeBytes} bytes`, at);
    at += bytes.length;
    yield { kind: 'bytes', bytes };
  }
}

/** A camera that lists less than it has would have the rest erased unread. One that refuses the question has no more. */
async function assertNoMore(
  commands: PtpCommands,
  entry: InventoryEntry,
  find: FindObject,
  signal: AbortSignal,
): Promise<void> {
  const ask = async (): Promise<number> => {
    const { handle } = await find(signal);
    return (await commands.partial(handle, entry.sizeBytes, 1, signal)).length;
  };
  const more = await withNewHandles(ask).catch((error: unknown) => {
    if (responseOf(error) === undefined) throw error;
    return 0;
  });
  if (more > 0) throw otherLength(`more than ${entry.sizeBytes} bytes are there`, entry.sizeBytes + more);
}

/** Without partial reads what came before `offset` is read again and dropped. */
async function* asWhole(
  commands: PtpCommands,
  entry: InventoryEntry,
  offset: number,
  find: FindObject,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  const { handle } = await find(signal);
  let at = 0;
  let isOver = false;
  try {
    for await (const bytes of commands.whole(handle, entry.sizeBytes, signal)) {
      const from = Math.max(0, Math.min(bytes.length, offset - at));
      at += bytes.length;
      if (at > entry.sizeBytes) throw otherLength(`more than ${entry.sizeBytes} bytes came`, at);
      if (from < bytes.length) yield { kind: 'bytes', bytes: bytes.slice(from) };
    }
    isOver = true;
    if (at !== entry.sizeBytes) throw otherLength(`${at} bytes came, ${entry.sizeBytes} were listed`, at);
  } catch (error) {
    isOver = true;
    signal.throwIfAborted();
    await commands.recover(error, signal);
    refused(error);
  } finally {
    // The reader had enough: the camera is told, and the line is clear for what comes next.
    if (!isOver && !signal.aborted) await commands.recover(changed('given up'), signal);
  }
}

async function confirm(
  commands: PtpCommands,
  entry: InventoryEntry,
  find: FindObject,
  signal: AbortSignal,
): Promise<void> {
  const { plain, found } = await withNewHandles(async () => {
    const here = await find(signal);
    return { plain: here.plain, found: await describeObject(commands, here.handle, signal) };
  });
  if (found === undefined)
    throw new DockError('driver.gone', 'the file is not on the camera any more', { retry: 'never' });
  if (!isStill(found, plain, entry.stamp)) throw changed('its name, size or time is another one now');
}

function lengthOf(wanted: number, quirks: PtpQuirks): number {
  return quirks.avoidsFullLastPacket && wanted % 512 === 500 ? wanted - 1 : wanted;
}

function refused(error: unknown): never {
  const code = responseOf(error);
  if (code === RESPONSE.incompleteTransfer) throw changed('the camera calls the transfer incomplete', error);
  if (code === RESPONSE.invalidObjectHandle)
    throw new DockError('driver.gone', 'the file is not on the camera', { retry: 'never', cause: error });
  if (code === undefined) throw error;
  if (code === RESPONSE.deviceBusy)
    throw new DockError('driver.timeout', 'the camera is busy and does not give the file out', {
      retry: 'later',
      cause: error,
    });
  throw new DockError('driver.unreadable', `the camera does not give the file out: ${describeError(error)}`, {
    retry: 'later',
    cause: error,
  });
}

/** No name of a file is in a message: it may name a person. */
function changed(why: string, cause?: unknown, facts: DockError['facts'] = {}): DockError {
  return new DockError('driver.changed', `the file is not what was listed: ${why}`, {
    retry: 'later',
    cause,
    facts,
  });
}

/** `readBytes`: the length that was found, or what of it came at least. */
function otherLength(why: string, readBytes: number): DockError {
  return changed(why, undefined, { read_bytes: readBytes });
}
