// How segments end, behind everybody's back: signed as a whole. One whose write failed is first written anew up to its last durable entry, in
// place of the file with its torn end, once the disk takes writes again; one without a durable entry is removed. What the disk refuses, here
// or in the recovery of earlier ones, is tried again behind each write of the log that it takes, at last by the next start. Where it shows other
// bytes than those that were written, nothing is written back or signed, and the next start judges it.
import { replaceDurable, unlinkIfThere } from '../../protocol/format/durable.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import type { Files, Log, Signer } from '../../protocol/format/ports.ts';
import type { DurableBytes, SegmentWriter } from './custody-groups.ts';
import { readDurable, signSegment } from './custody-recovery.ts';
import { segmentPath } from './custody-segments.ts';

/** Segments without a durable entry that may wait to be removed: a disk that is read-only lets none be made, nor be removed. */
const EMPTY_MAX = 32;

export interface SegmentEndingsDeps {
  readonly files: Files;
  readonly folder: string;
  readonly signer: Signer;
  /** Runs a write, making room for it where the disk is full. */
  readonly withSpace: <T>(attempt: () => Promise<T>) => Promise<T>;
  readonly log: Log;
  /** It is signed as a whole now. */
  readonly onEnded: (segment: SegmentId) => void;
}

/** Ends one segment for good. Rejects where the disk refuses it. */
type Ending = () => Promise<void>;

interface Waiting {
  readonly end: Ending;
  /** It holds nothing durable, and is only to be removed. */
  readonly isEmpty: boolean;
}

/** Each is read back no further than its last durable entry. */
export class SegmentEndings {
  readonly #deps: SegmentEndingsDeps;
  /** What waits until the disk takes writes. */
  readonly #waiting = new Map<SegmentId, Waiting>();
  #underWay: Promise<unknown> = Promise.resolve();
  /** No write comes that could show that the disk takes writes again. */
  #isLast = false;

  constructor(deps: SegmentEndingsDeps) {
    this.#deps = deps;
  }

  /** All that is written of it is durable. */
  end(writer: SegmentWriter): void {
    const { segment } = writer;
    const durable = writer.durable();
    const sign = async (): Promise<void> =>
      this.#sign(segment, await readDurable(this.#deps, segment, durable));
    this.#behind(
      segment,
      async () => {
        await writer.close();
        await sign();
      },
      sign,
    );
  }

  /** Its write failed; one that never held anything durable is removed, later where the disk refuses that too. Never rejects. */
  async abandon(writer: SegmentWriter): Promise<void> {
    const { segment } = writer;
    const durable = writer.durable();
    await writer.abandon();
    if (durable.sizeBytes > 0) this.#wait(segment, () => this.#endTorn(segment, durable));
    else await this.drop(segment);
  }

  /** It holds nothing durable, and may lie there all the same where its creation failed. Never rejects. */
  async drop(segment: SegmentId): Promise<void> {
    await this.#remove(segment).catch(() => this.#removeLater(segment));
  }

  /** Before another one is made: where too many empty ones wait, the one that waits longest is removed first. Errors: the system's. */
  async makeRoom(): Promise<void> {
    const empty = [...this.#waiting].filter(([, { isEmpty }]) => isEmpty);
    const [longest] = empty;
    if (longest === undefined || empty.length < EMPTY_MAX) return;
    const [segment] = longest;
    this.#waiting.delete(segment);
    await this.#remove(segment).catch((error: unknown) => {
      this.#removeLater(segment);
      throw error;
    });
  }

  /** The disk refused to let a segment of an earlier run be ended: `end` does, and resolves when it lies there signed. */
  leave(segment: SegmentId, end: Ending): void {
    this.#wait(segment, async () => {
      await end();
      this.#deps.onEnded(segment);
    });
  }

  /** The disk takes writes: those that wait are ended. */
  diskWrites(): void {
    for (const [segment, { end, isEmpty }] of this.#waiting) {
      this.#waiting.delete(segment);
      if (isEmpty) this.#under(this.drop(segment));
      else this.#behind(segment, end, end);
    }
  }

  /** Until nothing is under way, at the end of the log: what fails now is left to the next start. Never rejects. */
  async settled(): Promise<void> {
    this.#isLast = true;
    await this.#underWay;
  }

  /** What was never claimed to anybody: left there, the next start would take it for a second log behind the same entry. */
  async #remove(segment: SegmentId): Promise<void> {
    const { files, folder } = this.#deps;
    await unlinkIfThere(files, segmentPath(folder, segment));
    await files.syncFolder(folder);
  }

  async #endTorn(segment: SegmentId, durable: DurableBytes): Promise<void> {
    const { files, folder, withSpace } = this.#deps;
    const bytes = await readDurable(this.#deps, segment, durable);
    await withSpace(() => replaceDurable(files, segmentPath(folder, segment), bytes));
    await files.syncFolder(folder);
    await this.#sign(segment, bytes);
  }

  async #sign(segment: SegmentId, bytes: Uint8Array): Promise<void> {
    await signSegment(this.#deps, segment, bytes);
    this.#deps.onEnded(segment);
  }

  #wait(segment: SegmentId, end: Ending): void {
    this.#waiting.set(segment, { end, isEmpty: false });
  }

  #removeLater(segment: SegmentId): void {
    this.#waiting.set(segment, { end: () => this.#remove(segment), isEmpty: true });
  }

  /** `again` is what is left to do where `work` fails. */
  #behind(segment: SegmentId, work: Ending, again: Ending): void {
    const ending = work().catch((error: unknown) => {
      const isOther = isDockError(error, 'custody.chain-broken');
      if (!isOther) this.#wait(segment, again);
      const next = isOther || this.#isLast ? 'left to the next start' : 'will retry';
      this.#deps.log.warn(`custody segment not closed, ${next}`, { segment, error });
    });
    this.#under(ending);
  }

  #under(ending: Promise<void>): void {
    this.#underWay = Promise.all([this.#underWay, ending]);
  }
}
