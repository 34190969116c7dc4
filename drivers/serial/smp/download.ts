// Reads one file over SMP: several requests under way, pieces in order, and a check of the whole by the camera's own digest.
//
// Invariants:
// 1. Bytes are given in order and exactly once, whatever lengths the camera answers with.
// 2. The end comes only when as many bytes came as were listed, the camera still shows that length, and its digest of what was read is ours.
// 3. Without a digest of the camera's the framing's own CRC must stand for each packet: raw framing has none, and wants the digest.
import { createHash, type Hash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { bufferOf, concatBytes } from '../../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { Piece } from '../../driver.ts';
import type { SmpCommands, SmpDownload } from './commands.ts';
import { PLACES_MAX } from './exchange.ts';
import { RC_NO_ENTRY, rcOf } from './packet.ts';

/** Answers are gathered into pieces of about this size: a line that gives 8 kB/s still shows progress every few seconds. */
const PIECE_BYTES = 32 * 1024;

/** What is read. */
export interface DownloadWish {
  readonly name: string;
  readonly sizeBytes: number;
  readonly offset: number;
  /** SHA-256 of what was read before the offset, where it was read in this session: the digest of the whole is compared then. */
  readonly before?: Hash | undefined;
  /** Requests that the camera takes at a time. */
  readonly window: number;
  /** True where each packet was checked on its way. */
  readonly isChecked: boolean;
}

/**
 * Pieces from the offset to the end of the file.
 * Errors: "driver.changed" for another length or digest than listed, "driver.gone" where there is no such file, "driver.unreadable" where the
 * camera cannot read it or nothing vouches for what came; those of the commands.
 */
export async function* download(
  commands: SmpCommands,
  wish: DownloadWish,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  if (!wish.isChecked) await assertVouched(commands, wish, signal);
  const hash = wish.before?.copy() ?? createHash('sha256');
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const flush = (): Piece => {
    const bytes = new Uint8Array(concatBytes(held));
    held = [];
    heldBytes = 0;
    return { kind: 'bytes', bytes };
  };
  for await (const data of answersInOrder(commands, wish, signal)) {
    hash.update(bufferOf(data));
    held.push(data);
    heldBytes += data.length;
    if (heldBytes >= PIECE_BYTES) yield flush();
  }
  if (heldBytes > 0) yield flush();
  await confirm(commands, wish, hash.digest(), signal);
}

async function* answersInOrder(
  commands: SmpCommands,
  { name, sizeBytes, offset, window }: DownloadWish,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const asked = new Map<number, Promise<SmpDownload>>();
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  setMaxListeners(2 * PLACES_MAX, both); // one for each request, and those that were given up in favour of others
  const ask = (off: number): void => {
    const answer = commands.download(name, off, both);
    answer.catch(() => undefined); // anybody who awaits it sees the error; one that is given up must not be unhandled
    asked.set(off, answer);
  };
  let at = offset;
  let stride = 0; // length of the camera's latest answer; nothing is asked ahead before the first one
  try {
    while (at < sizeBytes) {
      if (!asked.has(at)) {
        asked.clear(); // another length than guessed: what is under way does not fit and is answered to nobody
        ask(at);
      }
      if (stride > 0)
        for (let ahead = at + stride; asked.size < window && ahead < sizeBytes; ahead += stride)
          if (!asked.has(ahead)) ask(ahead);
      const answer = await answerTo(asked.get(at));
      asked.delete(at);
      if (answer.len !== undefined && answer.len !== sizeBytes)
        throw changed(`it has ${answer.len} bytes, ${sizeBytes} were listed`, answer.len);
      if (answer.data.length === 0 || at + answer.data.length > sizeBytes)
        throw changed(`${answer.data.length} bytes came at ${at} of ${sizeBytes}`);
      stride = answer.data.length;
      at += answer.data.length;
      yield answer.data;
    }
  } finally {
    stop.abort(new DockError('smp.given-up', 'the download was given up', { retry: 'later' }));
  }
}

async function answerTo(answer: Promise<SmpDownload> | undefined): Promise<SmpDownload> {
  if (answer === undefined) throw new Error('a download that was not asked for is waited for');
  try {
    return await answer;
  } catch (error) {
    throw translated(error);
  }
}

/** A digest of the last byte: a camera that gives none is not read to the end first. Errors: "driver.unreadable". */
async function assertVouched(
  commands: SmpCommands,
  { name, sizeBytes, offset }: DownloadWish,
  signal: AbortSignal,
): Promise<void> {
  if (offset === sizeBytes) return;
  const digest = commands.fileSha256(name, { off: sizeBytes - 1, sizeBytes }, signal);
  const theirs = await digest.catch((error: unknown) => {
    throw translated(error);
  });
  if (theirs === undefined) throw unvouched();
}

async function confirm(
  commands: SmpCommands,
  { name, sizeBytes, offset, before, isChecked }: DownloadWish,
  sha256: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  try {
    const length = await commands.fileLength(name, signal);
    if (length !== sizeBytes) throw changed(`it has ${length} bytes now, ${sizeBytes} were listed`, length);
    const off = before === undefined ? offset : 0;
    if (off === sizeBytes) return; // nothing was read, and MCUmgr has no digest of nothing
    const theirs = await commands.fileSha256(name, { off, sizeBytes }, signal);
    if (theirs === undefined && !isChecked) throw unvouched();
    if (theirs !== undefined && !bufferOf(theirs).equals(sha256))
      throw changed("the camera's digest is not that of what came");
  } catch (error) {
    throw translated(error);
  }
}

/** What a camera refuses concerns this one file. */
function translated(error: unknown): unknown {
  if (rcOf(error) === RC_NO_ENTRY) return gone(error);
  if (!isDockError(error, 'smp.error') && !isDockError(error, 'smp.oversize')) return error;
  return new DockError('driver.unreadable', `the camera does not give the file: ${error.message}`, {
    retry: 'later',
    cause: error,
    facts: error.facts,
  });
}

function unvouched(): DockError {
  const words =
    'the camera gives no SHA-256 of its files, and raw framing carries them unchecked: choose console framing, or a firmware that does (SPEC 11.4)';
  return new DockError('driver.unreadable', words, { retry: 'person' });
}

function gone(cause: unknown): DockError {
  return new DockError('driver.gone', 'the file is not on the camera', { retry: 'never', cause });
}

/** No name of a file is in a message: it may name a person. */
function changed(why: string, readBytes?: number): DockError {
  return new DockError('driver.changed', `the file is not what was listed: ${why}`, {
    retry: 'later',
    ...(readBytes !== undefined && { facts: { read_bytes: readBytes } }),
  });
}
