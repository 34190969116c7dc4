// One batch of custody lines against what the vault holds: what is new, and where it does not follow. Pure; others run between some checkpoints, each
// of which costs two signatures.
import { checkpointFault, verifyCheckpoint } from '../../../protocol/custody/custody-checkpoint.ts';
import {
  CHAIN_START,
  followChain,
  parseCustodyEntry,
  type ChainState,
  type CustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import { describeError, DockError } from '../../../protocol/format/errors.ts';
import type { SegmentId, StationId } from '../../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { keyIdHex, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Pause } from '../../../protocol/format/slowly.ts';
import { CUSTODY_CHECKPOINTS_AT_ONCE } from '../limits.ts';

const LF = 0x0a;

/** A batch as it came, and whose it must be. */
export interface CustodyBatch {
  readonly station: StationId;
  readonly segment: SegmentId;
  readonly keys: readonly PublicKey[];
  /** Ids of keys that do not count any more, in 16 hex digits. */
  readonly revoked: ReadonlySet<string>;
  /** Sequence of the first line, as the topic says. */
  readonly from: number;
  readonly payload: Uint8Array;
}

/** What the vault holds of a segment: its last entry, and the id of the key that signed its checkpoints, where one is known. */
export interface HeldSegment {
  readonly head: ChainState;
  readonly keyId: string | undefined;
}

/**
 * Where a batch does not follow: `fork` has another entry in a place that the vault knows, `broken` does not hold in itself, `revoked`
 * is signed by a revoked key.
 */
export interface CustodyProblem {
  readonly kind: 'fork' | 'broken' | 'revoked';
  readonly sequence: number;
  readonly detail: string;
}

export interface BatchOutcome extends HeldSegment {
  /** Whole lines to append; `head` and `keyId` are those after appending them. */
  readonly bytes: Uint8Array;
  /** Entry 1, where it is among them. */
  readonly opened: CustodyEntry | undefined;
  readonly problem: CustodyProblem | undefined;
  /** It follows what the vault holds, and no checkpoint in it covers any of that: nothing was taken. */
  readonly isUncovered: boolean;
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
 * What of a batch follows the head that the vault holds, as far as a good checkpoint covers it: whoever carries it can write lines too. Lines that the vault has are compared through their chain and skipped;
 * a batch that begins behind the next entry is of no use yet. Errors: those of `pause` and no others.
 */
export async function followBatch(
  { head, keyId }: HeldSegment,
  batch: CustodyBatch,
  pause: Pause,
): Promise<BatchOutcome> {
  const nothing = { bytes: new Uint8Array(0), head, keyId, opened: undefined, isUncovered: false };
  const broken = (detail: string): BatchOutcome => ({
    ...nothing,
    problem: { kind: 'broken', sequence: batch.from, detail },
  });
  if (batch.payload.length > CUSTODY_BATCH_BYTES_MAX) return broken(`${batch.payload.length} bytes at once`);
  const lines = splitLines(batch.payload);
  if (lines === undefined) return broken('not whole lines');
  if (batch.from > head.sequence + 1) return { ...nothing, problem: undefined };
  return new BatchWalk({ head, keyId }, batch).walk(lines, pause);
}

class BatchWalk {
  readonly #held: HeldSegment;
  readonly #batch: CustodyBatch;
  #at: ChainState;
  #newFrom = 0; // bytes of lines that the vault has
  #end = 0; // bytes of lines that are good
  #opened: CustodyEntry | undefined;
  #keyId: string | undefined;
  #sequence: number;

  constructor(held: HeldSegment, batch: CustodyBatch) {
    this.#held = held;
    this.#keyId = held.keyId;
    this.#batch = batch;
    this.#sequence = batch.from;
    const { head } = held;
    this.#at = batch.from === head.sequence + 1 ? head : { sequence: batch.from - 1, sha256: '' };
  }

  async walk(lines: readonly Uint8Array[], pause: Pause): Promise<BatchOutcome> {
    let problem: CustodyProblem | undefined;
    let good = this.#place();
    let checkpoints = 0;
    for (const line of lines) {
      const event = this.#step(line);
      if (typeof event === 'object') {
        problem = event;
        break;
      }
      this.#sequence++;
      if (event !== 'checkpoint') continue;
      good = this.#place();
      if (++checkpoints % CUSTODY_CHECKPOINTS_AT_ONCE === 0) await pause();
    }
    const follows = good.at.sequence > this.#held.head.sequence;
    return {
      bytes: follows ? this.#batch.payload.subarray(this.#newFrom, good.end) : new Uint8Array(0),
      head: follows ? good.at : this.#held.head,
      keyId: follows ? this.#keyId : this.#held.keyId,
      opened: follows ? this.#opened : undefined,
      problem,
      isUncovered: !follows && this.#at.sequence > this.#held.head.sequence,
    };
  }

  #place(): { at: ChainState; end: number } {
    return { at: this.#at, end: this.#end };
  }

  /** The event of a line that follows, else why it does not. */
  #step(line: Uint8Array): CustodyProblem | CustodyEntry['event'] {
    const held = this.#held.head;
    const problem = (kind: CustodyProblem['kind'], detail: string): CustodyProblem => ({
      kind,
      sequence: this.#sequence,
      detail,
    });
    let event: CustodyEntry['event'];
    try {
      const { entry, state } = followChain(this.#before(line), line);
      if (state.sequence === held.sequence && state.sha256 !== held.sha256)
        return problem('fork', 'another entry than the vault holds in its place');
      if (state.sequence > held.sequence) this.#check(entry);
      this.#at = state;
      event = entry.event;
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      return problem(error.code === 'key.revoked' ? 'revoked' : 'broken', describeError(error));
    }
    this.#end += line.length + 1;
    if (this.#at.sequence <= held.sequence) this.#newFrom = this.#end;
    return event;
  }

  /** The first line of a batch that overlaps may follow anything: its chain is compared where it reaches our head. */
  #before(line: Uint8Array): ChainState {
    if (this.#at.sha256 !== '') return this.#at;
    const { previous } = parseCustodyEntry(line);
    return this.#at.sequence === 0 ? CHAIN_START : { sequence: this.#at.sequence, sha256: previous };
  }

  /** Errors: "custody.misplaced" for a first entry of another segment; those of a wrong checkpoint. */
  #check(entry: CustodyEntry): void {
    const { station, segment } = this.#batch;
    if (entry.sequence === 1) {
      if (entry.event !== 'segment-opened' || entry.facts['segment'] !== segment)
        throw misplaced('entry 1 does not open this segment');
      if (entry.facts['station'] !== station) throw misplaced('entry 1 names another station');
      this.#opened = entry;
    }
    if (entry.event === 'checkpoint') this.#keyId = this.#checkKey(checkpointKey(entry, this.#batch));
  }

  /** Errors: "key.revoked", "custody.misplaced". */
  #checkKey(keyId: string): string {
    if (this.#batch.revoked.has(keyId))
      throw new DockError('key.revoked', `a checkpoint is signed by key ${keyId}, which is revoked`, {
        retry: 'never',
      });
    if (this.#keyId !== undefined && this.#keyId !== keyId)
      throw misplaced(`checkpoints of one segment are signed by key ${this.#keyId} and by ${keyId}`);
    return keyId;
  }
}

/** Id of the key that signed a checkpoint that holds. Errors: "signature.*", "custody.misplaced". */
function checkpointKey(
  entry: CustodyEntry,
  { station, segment, keys }: Pick<CustodyBatch, 'station' | 'segment' | 'keys'>,
): string {
  const key = verifyCheckpoint(entry, keys);
  const fault = checkpointFault(entry, { station, segment, sha256: entry.previous });
  if (fault !== undefined)
    throw misplaced(
      `checkpoint ${entry.sequence} does not sign the entry before it and its own time: ${fault.detail}`,
    );
  return keyIdHex(key.keyId);
}

function misplaced(why: string): DockError {
  return new DockError('custody.misplaced', `custody log: ${why}`, { retry: 'never' });
}
