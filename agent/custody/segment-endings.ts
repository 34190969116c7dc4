// How segments of this run end, behind everybody's back: signed as a whole. One whose write failed is first written anew up to its last
// durable entry, in place of the file with its torn end, once the disk takes writes again. What the disk refuses stays for the next attempt,
// at last for the next start.
import type { SegmentId } from '../../protocol/ids.ts';
import type { Files, Log, Signer } from '../../protocol/ports.ts';
import { replaceDurable } from '../durable-file.ts';
import { SEGMENT_READ_BYTES_MAX, signSegment } from './custody-recovery.ts';
import { segmentPath } from './custody-segments.ts';
import type { SegmentWriter } from './custody-writer.ts';

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

/** Each is read back no further than its last durable entry. */
export class SegmentEndings {
  readonly #deps: SegmentEndingsDeps;
  /** Bytes that are durable of each that was abandoned. */
  readonly #abandoned = new Map<SegmentId, number>();
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(deps: SegmentEndingsDeps) {
    this.#deps = deps;
  }

  /** All that is written of it is durable. */
  end(writer: SegmentWriter): void {
    const { segment, sizeBytes } = writer;
    this.#behind(async () => {
      await writer.close();
      await this.#sign(segment, await this.#durable(segment, sizeBytes));
    }, segment);
  }

  /** Its write failed; one that never held anything durable is removed. Never rejects. */
  async abandon(writer: SegmentWriter): Promise<void> {
    await writer.abandon();
    if (writer.sizeBytes > 0) this.#abandoned.set(writer.segment, writer.sizeBytes);
  }

  /** The disk takes writes: those that were abandoned are ended. */
  diskWrites(): void {
    for (const [segment, sizeBytes] of this.#abandoned) {
      this.#abandoned.delete(segment);
      this.#behind(async () => {
        try {
          await this.#endTorn(segment, sizeBytes);
        } catch (error) {
          this.#abandoned.set(segment, sizeBytes);
          throw error;
        }
      }, segment);
    }
  }

  /** Until nothing is under way. Never rejects. */
  async settled(): Promise<void> {
    await this.#underWay;
  }

  async #endTorn(segment: SegmentId, sizeBytes: number): Promise<void> {
    const { files, folder, withSpace } = this.#deps;
    const bytes = await this.#durable(segment, sizeBytes);
    await withSpace(() => replaceDurable(files, segmentPath(folder, segment), bytes));
    await files.syncFolder(folder);
    await this.#sign(segment, bytes);
  }

  async #durable(segment: SegmentId, sizeBytes: number): Promise<Uint8Array> {
    const { files, folder } = this.#deps;
    const bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
    return bytes.subarray(0, sizeBytes);
  }

  async #sign(segment: SegmentId, bytes: Uint8Array): Promise<void> {
    await signSegment(this.#deps, segment, bytes);
    this.#deps.onEnded(segment);
  }

  #behind(work: () => Promise<void>, segment: SegmentId): void {
    const ending = work().catch((error: unknown) =>
      this.#deps.log.warn('custody segment not ended', { segment, error }),
    );
    this.#underWay = Promise.all([this.#underWay, ending]);
  }
}
