// One batch of custody lines against what the vault holds: what is new, and where it does not follow. Pure.
import { encodeUtf8 } from '../bytes.ts';
import {
  CHAIN_START,
  CUSTODY_HEAD_TRUSTED_COMMENT,
  followChain,
  parseCustodyEntry,
  parseCustodyHead,
  type ChainState,
  type CustodyEntry,
} from '../custody-entry.ts';
import { describeError, DockError } from '../errors.ts';
import type { SegmentId, StationId } from '../ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../limits.ts';
import { verifyDocument, type PublicKey } from '../minisign.ts';

const LF = 0x0a;

/** A batch as it came, and whose it must be. */
export interface CustodyBatch {
  readonly station: StationId;
  readonly segment: SegmentId;
  readonly keys: readonly PublicKey[];
  /** Sequence of the first line, as the topic says. */
  readonly from: number;
  readonly payload: Uint8Array;
}

/** Where a batch does not follow: `fork` has another entry in a place that the vault knows, `broken` does not hold in itself. */
export interface CustodyProblem {
  readonly kind: 'fork' | 'broken';
  readonly sequence: number;
  readonly detail: string;
}

export interface BatchOutcome {
  /** Whole lines to append. */
  readonly bytes: Uint8Array;
  /** The head after appending them. */
  readonly head: ChainState;
  /** Entry 1, where it is among them. */
  readonly opened: CustodyEntry | undefined;
  readonly problem: CustodyProblem | undefined;
}

/** Lines without their LF, or undefined where the bytes are not whole lines. */
export function splitLines(payload: Uint8Array): Uint8Array[] | undefined {
  if (payload.at(-1) !== LF) return undefined;
  const lines: Uint8Array[] = [];
  for (let at = 0; at < payload.length;) {
    const end = payload.indexOf(LF, at);
    lines.push(payload.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

/**
 * What of a batch follows the head that the vault holds. Lines that the vault has are compared through their chain and skipped;
 * a batch that begins behind the next entry is of no use yet. Never throws.
 */
export function followBatch(head: ChainState, batch: CustodyBatch): BatchOutcome {
  const nothing = { bytes: new Uint8Array(0), head, opened: undefined };
  const broken = (detail: string): BatchOutcome => ({
    ...nothing,
    problem: { kind: 'broken', sequence: batch.from, detail },
  });
  if (batch.payload.length > CUSTODY_BATCH_BYTES_MAX) return broken(`${batch.payload.length} bytes at once`);
  const lines = splitLines(batch.payload);
  if (lines === undefined) return broken('not whole lines');
  if (batch.from > head.sequence + 1) return { ...nothing, problem: undefined };
  return new BatchWalk(head, batch).walk(lines);
}

class BatchWalk {
  readonly #held: ChainState;
  readonly #batch: CustodyBatch;
  #at: ChainState;
  #newFrom = 0; // bytes of lines that the vault has
  #end = 0; // bytes of lines that are good
  #opened: CustodyEntry | undefined;
  #sequence: number;

  constructor(held: ChainState, batch: CustodyBatch) {
    this.#held = held;
    this.#batch = batch;
    this.#sequence = batch.from;
    this.#at = batch.from === held.sequence + 1 ? held : { sequence: batch.from - 1, sha256: '' };
  }

  walk(lines: readonly Uint8Array[]): BatchOutcome {
    let problem: CustodyProblem | undefined;
    for (const line of lines) {
      problem = this.#step(line);
      if (problem !== undefined) break;
      this.#sequence++;
    }
    const follows = this.#at.sequence > this.#held.sequence;
    return {
      bytes: follows ? this.#batch.payload.subarray(this.#newFrom, this.#end) : new Uint8Array(0),
      head: follows ? this.#at : this.#held,
      opened: this.#opened,
      problem,
    };
  }

  #step(line: Uint8Array): CustodyProblem | undefined {
    const problem = (kind: CustodyProblem['kind'], detail: string): CustodyProblem => ({
      kind,
      sequence: this.#sequence,
      detail,
    });
    try {
      const { entry, state } = followChain(this.#before(line), line);
      if (state.sequence === this.#held.sequence && state.sha256 !== this.#held.sha256)
        return problem('fork', 'another entry than the vault holds in its place');
      if (state.sequence > this.#held.sequence) this.#check(entry);
      this.#at = state;
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      return problem('broken', describeError(error));
    }
    this.#end += line.length + 1;
    if (this.#at.sequence <= this.#held.sequence) this.#newFrom = this.#end;
    return undefined;
  }

  /** The first line of a batch that overlaps may follow anything: its chain is compared where it reaches our head. */
  #before(line: Uint8Array): ChainState {
    if (this.#at.sha256 !== '') return this.#at;
    const { previous } = parseCustodyEntry(line);
    return this.#at.sequence === 0 ? CHAIN_START : { sequence: this.#at.sequence, sha256: previous };
  }

  /** Errors: "custody.misplaced" for a first entry of another segment; those of a wrong checkpoint. */
  #check(entry: CustodyEntry): void {
    const { station, segment, keys } = this.#batch;
    if (entry.sequence === 1) {
      if (entry.event !== 'segment-opened' || entry.facts['segment'] !== segment)
        throw misplaced('entry 1 does not open this segment');
      if (entry.facts['station'] !== station) throw misplaced('entry 1 names another station');
      this.#opened = entry;
    }
    if (entry.event === 'checkpoint') checkCheckpoint(entry, { station, segment, keys });
  }
}

/** Errors: "signature.*", "document.refused", "custody.misplaced". */
function checkCheckpoint(
  entry: CustodyEntry,
  { station, segment, keys }: Pick<CustodyBatch, 'station' | 'segment' | 'keys'>,
): void {
  const { head, signature } = entry.facts;
  if (typeof head !== 'string' || typeof signature !== 'string')
    throw misplaced('a checkpoint without a head');
  const bytes = encodeUtf8(head);
  verifyDocument(bytes, signature, CUSTODY_HEAD_TRUSTED_COMMENT, keys);
  const signed = parseCustodyHead(bytes);
  const ours = signed.station === station && signed.segment === segment;
  if (!ours || signed.sequence !== entry.sequence - 1 || signed.sha256 !== entry.previous)
    throw misplaced('a checkpoint signs another head than the entry before it');
}

function misplaced(why: string): DockError {
  return new DockError('custody.misplaced', `custody log: ${why}`, { retry: 'never' });
}
