// Follows one segment of the custody log from its first byte: how far it holds, and what lies behind. Pure; reads and changes no file.
import { bufferOf } from '../format/bytes.ts';
import { checkpointFault, verifyCheckpoint } from './custody-checkpoint.ts';
import { CHAIN_START, followChain, type ChainState, type CustodyEntry } from './custody-entry.ts';
import { describeError, DockError } from '../format/errors.ts';
import type { SegmentId } from '../format/ids.ts';
import type { PublicKey } from '../documents/minisign.ts';

const LF = 10;

/** What a segment's bytes are worth. */
export interface ScannedSegment {
  /** The last entry that holds; sequence 0 where not even the first one does. */
  readonly state: ChainState;
  /** Bytes up to and with that entry's LF. */
  readonly goodBytes: number;
  readonly first: CustodyEntry | undefined;
  /** The last checkpoint of those that hold. */
  readonly checkpoint: CustodyEntry | undefined;
  /** That checkpoint's place, and the bytes up to and with its LF. */
  readonly covered: { readonly state: ChainState; readonly bytes: number } | undefined;
  /** `torn`: behind it lies only what a cut-off write leaves; `broken`: entries that do not follow, for the reason given. */
  readonly rest: 'none' | 'torn' | 'broken';
  readonly reason: string;
}

/** Lines of some bytes with the offset behind each LF; what follows the last LF is no line. */
export function* linesIn(bytes: Uint8Array): Generator<{ readonly line: Uint8Array; readonly end: number }> {
  const buffer = bufferOf(bytes);
  let from = 0;
  for (let at = buffer.indexOf(LF); at >= 0; at = buffer.indexOf(LF, from)) {
    yield { line: bytes.subarray(from, at), end: at + 1 };
    from = at + 1;
  }
}

/**
 * Follows the chain through a segment's bytes. Checks each entry, that the first one opens this segment, that each checkpoint names
 * the entry before it, and the signature of the last checkpoint where keys are given: it covers all before.
 */
export function scanSegment(
  segment: SegmentId,
  bytes: Uint8Array,
  keys: readonly PublicKey[],
): ScannedSegment {
  const scan = new SegmentScan(segment);
  for (const { line, end } of linesIn(bytes)) if (!scan.take(line, end)) break;
  return scan.finish(bytes, keys);
}

/** The same line by line, for anybody who must not hold up others in between. */
export class SegmentScan {
  readonly #segment: SegmentId;
  #state = CHAIN_START;
  #goodBytes = 0;
  #first: CustodyEntry | undefined;
  #checkpoint: CustodyEntry | undefined;
  #covered: ScannedSegment['covered'];
  #reason = '';

  constructor(segment: SegmentId) {
    this.#segment = segment;
  }

  /** Takes the next line, which ends at that offset; false where it does not follow: nothing behind it counts. */
  take(line: Uint8Array, end: number): boolean {
    try {
      const { entry, state } = followChain(this.#state, line);
      checkOpening(this.#segment, entry);
      if (entry.event === 'checkpoint') {
        checkHead(this.#segment, entry);
        this.#checkpoint = entry;
        this.#covered = { state, bytes: end };
      }
      this.#first ??= entry;
      this.#state = state;
      this.#goodBytes = end;
      return true;
    } catch (error) {
      this.#reason = describeError(error);
      return false;
    }
  }

  /** What the whole of the bytes is worth. */
  finish(bytes: Uint8Array, keys: readonly PublicKey[]): ScannedSegment {
    const found = {
      state: this.#state,
      goodBytes: this.#goodBytes,
      first: this.#first,
      checkpoint: this.#checkpoint,
      covered: this.#covered,
    };
    const { checkpoint } = found;
    const forged =
      checkpoint === undefined || keys.length === 0 ? undefined : signatureProblem(checkpoint, keys);
    if (forged !== undefined) return { ...found, rest: 'broken', reason: forged };
    return { ...found, ...judgeRest(bytes.subarray(this.#goodBytes), this.#reason) };
  }
}

function broken(why: string): never {
  throw new DockError('custody.chain-broken', why, { retry: 'never' });
}

function checkOpening(segment: SegmentId, entry: CustodyEntry): void {
  if (entry.sequence > 1) return;
  if (entry.event !== 'segment-opened' || entry.facts['segment'] !== segment)
    broken('the first entry does not open this segment');
}

/** Behind followChain: `previous` is the digest of the line before. */
function checkHead(segment: SegmentId, entry: CustodyEntry): void {
  const fault = checkpointFault(entry, { station: undefined, segment, sha256: entry.previous });
  if (fault !== undefined)
    broken(
      `checkpoint ${entry.sequence} does not name the entry before it and its own time: ${fault.detail}`,
    );
}

function signatureProblem(checkpoint: CustodyEntry, keys: readonly PublicKey[]): string | undefined {
  try {
    verifyCheckpoint(checkpoint, keys);
    return undefined;
  } catch (error) {
    return `signature of checkpoint ${checkpoint.sequence}: ${describeError(error)}`;
  }
}

/**
 * A write that was cut off ends somewhere in a line, or in zeros where its bytes never came: no LF lies after the last good line.
 * A whole line that does not follow is no accident of a write.
 */
function judgeRest(rest: Uint8Array, reason: string): Pick<ScannedSegment, 'rest' | 'reason'> {
  if (rest.length === 0) return { rest: 'none', reason: '' };
  if (bufferOf(rest).includes(LF)) return { rest: 'broken', reason };
  return { rest: 'torn', reason: `${rest.length} bytes of an unfinished write` };
}
