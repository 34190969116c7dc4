// Segments whose write failed in this run: once the disk takes writes again, what was durable of each is written anew, in place of the file
// with its torn end, and signed. What the disk still refuses stays for the next attempt, at last for the next start.
import type { SegmentId } from '../../protocol/ids.ts';
import type { Files, Log, Signer } from '../../protocol/ports.ts';
import { replaceDurable } from '../durable-file.ts';
import { SEGMENT_READ_BYTES_MAX, signSegment } from './custody-recovery.ts';
import { segmentPath } from './custody-segments.ts';
import type { SegmentWriter } from './custody-writer.ts';

export interface AbandonedSegmentsDeps {
  readonly files: Files;
  readonly folder: string;
  readonly signer: Signer;
  /** Runs a write, making room for it where the disk is full. */
  readonly withSpace: <T>(attempt: () => Promise<T>) => Promise<T>;
  readonly log: Log;
  /** It is signed as a whole now. */
  readonly onEnded: (segment: SegmentId) => void;
}

/** Each was read back no further than its last durable entry. */
export class AbandonedSegments {
  readonly #deps: AbandonedSegmentsDeps;
  readonly #sizes = new Map<SegmentId, number>();
  #ending: Promise<void> | undefined;

  constructor(deps: AbandonedSegmentsDeps) {
    this.#deps = deps;
  }

  /** One that never held anything durable was removed by its writer. */
  add({ segment, sizeBytes }: SegmentWriter): void {
    if (sizeBytes > 0) this.#sizes.set(segment, sizeBytes);
  }

  /** Ends those that can be ended now. Never rejects. */
  async end(): Promise<void> {
    this.#ending ??= this.#endAll().finally(() => (this.#ending = undefined));
    await this.#ending;
  }

  async #endAll(): Promise<void> {
    const { files, folder, withSpace, log, onEnded } = this.#deps;
    for (const [segment, sizeBytes] of this.#sizes) {
      try {
        const path = segmentPath(folder, segment);
        const bytes = (await files.readAll(path, SEGMENT_READ_BYTES_MAX)).subarray(0, sizeBytes);
        await withSpace(() => replaceDurable(files, path, bytes));
        await files.syncFolder(folder);
        await signSegment(this.#deps, segment, bytes);
        this.#sizes.delete(segment);
        onEnded(segment);
      } catch (error) {
        log.warn('custody segment not ended, tried again with a later write', { segment, error });
        return;
      }
    }
  }
}
