// Drops the oldest segments of the custody log from this station, once they are old and the store holds them (SPEC 4.3.6).
//
// Invariants:
// 1. What the store holds is asked again before each drop, with a nonce: a snapshot that is wrong, a store that lost something since, or a broker
//    that hands out old answers drops nothing.
// 2. What it says and what still holds is entered again, and then `segment-dropped`, durably, before anything is removed.
// 3. The signature goes first, durably: a cut leaves a segment without one, which the next start signs again, and never a signature alone.
// 4. Only the oldest one goes, never the one that is open, and only by a clock that may be believed.
import { STATION_LOG_DAYS } from '../../protocol/documents/retention.ts';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import type { TrustedWallClock } from '../platform/trusted-wall-clock.ts';
import type { CustodyLog } from './custody-log.ts';
import { segmentPath, segmentSignaturePath, type KnownSegment } from './custody-segments.ts';

const DAY_MS = 86_400_000;
/** After an attempt that came to nothing. */
const AGAIN_MS = 3_600_000;

export interface CustodyDroppingOptions {
  readonly custody: Pick<CustodyLog, 'append' | 'carry' | 'checkpoint' | 'segments' | 'forget'>;
  /** `custody/` of the spool. */
  readonly folder: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly wall: TrustedWallClock;
  readonly log: Log;
}

/** Decides which segment may go, and removes it. */
export class CustodyDropping {
  readonly #options: CustodyDroppingOptions;
  #running: Promise<void> | undefined;
  #notBeforeMs = 0;

  constructor(options: CustodyDroppingOptions) {
    this.#options = options;
  }

  /** The segment that may go once the store has said again that it holds all of it; undefined where there is none now. */
  candidate(): SegmentId | undefined {
    const { clock, custody } = this.#options;
    if (this.#running !== undefined || clock.monotonicMs() < this.#notBeforeMs) return undefined;
    const [oldest, ...others] = custody.segments().slice(0, 2);
    return oldest !== undefined && others.length > 0 && this.#isOld(oldest) ? oldest.segment : undefined;
  }

  /** The store has just signed, in answer to a question of now, that it holds all of that segment. `onDone` is called when the next candidate may be asked for. */
  confirmed(segment: SegmentId, onDone: () => void): void {
    if (this.candidate() !== segment) return;
    this.#running = this.#drop(segment)
      .catch((error: unknown) => this.#failed(segment, error))
      .finally(() => {
        this.#running = undefined;
        onDone();
      });
  }

  /** The store did not say so: it is asked again later. */
  refused(segment: SegmentId): void {
    if (this.candidate() === segment) this.#wait();
  }

  /** Resolves when nothing is being removed. */
  async stop(): Promise<void> {
    await this.#running;
  }

  #isOld({ signed, held, lastAt }: Readonly<KnownSegment>): boolean {
    const nowMs = this.#options.wall.nowMs();
    const lastMs = Date.parse(lastAt);
    return (
      signed && held && nowMs !== undefined && lastMs <= nowMs - STATION_LOG_DAYS * DAY_MS // NaN compares false
    );
  }

  async #drop(segment: SegmentId): Promise<void> {
    const { custody, files, folder, log } = this.#options;
    const known = custody.segments().find((each) => each.segment === segment);
    if (known === undefined) return;
    if (!(await custody.carry(segment))) return this.#wait();
    const facts = { segment, last_sequence: known.lastSequence, last_sha256: known.lastSha256 };
    custody.append({ event: 'segment-dropped', facts });
    await custody.checkpoint();
    custody.forget(segment);
    await unlinkIfThere(files, segmentSignaturePath(folder, segment));
    await files.syncFolder(folder);
    await unlinkIfThere(files, segmentPath(folder, segment));
    await files.syncFolder(folder);
    log.info('custody segment dropped: expired and held by the store', facts);
  }

  /** Whatever is left of it, the next start finds: a segment that is there again, or none. */
  #failed(segment: SegmentId, error: unknown): void {
    this.#options.log.warn('custody segment not dropped', { segment, error });
    this.#wait();
  }

  #wait(): void {
    this.#notBeforeMs = this.#options.clock.monotonicMs() + AGAIN_MS;
  }
}
