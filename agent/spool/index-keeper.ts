// Decides when the index and the rows of released recordings are written anew: each after enough changes and when the spool is closed, the rows
// within an hour besides. Never in anybody's way.
import { describeError } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import type { Catalogue } from './catalogue.ts';
import { writeIndex } from './index-file.ts';
import type { SpoolLayout } from './layout.ts';
import { writeReleasedRows } from './released-file.ts';
import type { ReleasedRows } from './released-rows.ts';

/** A file may always lack so many changes: reading so many manifests takes a start some 50 ms. */
const BEHIND_MIN = 500;
/**
 * ... and of what it names this part: what is written for each change does not grow with the spool then. (Written behind every 500 changes, an
 * index makes 3 GB of writes for 100,000 recordings, by calculation.) A start takes an eighth longer at most, at 26 µs for what an index names (`npm run bench --
 * curves --only backlog`) and 100 for what it does not; for a receipt that it lacks it syncs a folder.
 */
const NAMED_PER_BEHIND = 32;
/** What the rows lack for so long is written, however little it is: by them a start knows which files cameras still have. */
const ROWS_BEHIND_MS = 3_600_000;

export interface IndexKeeperDeps {
  readonly files: Files;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  readonly layout: SpoolLayout;
  readonly catalogue: Catalogue;
  readonly rows: ReleasedRows;
  /** Released recordings in whose folder the start left something. */
  readonly unfinished: ReadonlySet<RecordingId>;
  /** The spool's id. */
  readonly id: string;
}

/** One file that is written anew once it lacks enough. */
class Kept {
  readonly #named: () => number;
  readonly #write: () => Promise<void>;
  #behind: number;
  #hasFailed = false;
  /** A write that is to come will have all that changes until then. */
  isQueued = false;

  constructor(behind: number, named: () => number, write: () => Promise<void>) {
    this.#behind = behind;
    this.#named = named;
    this.#write = write;
  }

  changed(): void {
    this.#behind++;
  }

  get isFarBehind(): boolean {
    return this.#behind >= Math.max(BEHIND_MIN, this.#named() / NAMED_PER_BEHIND);
  }

  get isBehind(): boolean {
    return this.#behind > 0 || this.#hasFailed;
  }

  /** Errors: the system's; then it is behind, and tried again with the next ones that are enough. */
  async write(): Promise<void> {
    this.isQueued = false;
    this.#behind = 0;
    this.#hasFailed = true;
    await this.#write();
    this.#hasFailed = false;
  }
}

/** Keeps the caches of one spool near to what is in memory. */
export class IndexKeeper {
  readonly #deps: IndexKeeperDeps;
  /** Released recordings whose payload may still lie there: left out, so that the next start looks at them. */
  readonly #unfinished: Set<RecordingId>;
  readonly #index: Kept;
  readonly #released: Kept;
  #cancelRows: (() => void) | undefined;
  #isClosed = false;
  /** One write at a time: both files are made under another name first. */
  #writing: Promise<void> = Promise.resolve();

  /** `behind`: facts that the start had to read. */
  constructor(deps: IndexKeeperDeps, behind: number) {
    const { catalogue, rows } = deps;
    this.#deps = deps;
    this.#unfinished = new Set(deps.unfinished);
    this.#index = new Kept(
      behind,
      () => catalogue.size,
      () => this.#writeIndex(),
    );
    this.#released = new Kept(
      behind,
      () => rows.size,
      () => this.#writeReleased(),
    );
    this.#queueWhere((kept) => kept.isFarBehind);
  }

  /** A recording whose payload is here came, went, or got further. */
  changed(): void {
    this.#index.changed();
    this.#queueWhere((kept) => kept.isFarBehind);
  }

  /** A released one came or went, or a camera showed which it still has. */
  releasedChanged(): void {
    this.#released.changed();
    if (!this.#isClosed)
      this.#cancelRows ??= this.#deps.clock.after(ROWS_BEHIND_MS, () => this.#queue(this.#released));
    this.#queueWhere((kept) => kept.isFarBehind);
  }

  reclaimBegan(recording: RecordingId): void {
    this.#unfinished.add(recording);
  }

  reclaimEnded(recording: RecordingId): void {
    this.#unfinished.delete(recording);
    this.changed();
    this.releasedChanged();
  }

  /** Never rejects: a file that could not be written only makes the next start slower. */
  async close(): Promise<void> {
    await this.#writing;
    this.#queueWhere((kept) => kept.isBehind);
    this.#isClosed = true;
    this.#cancelRows?.();
    await this.#writing;
  }

  #queueWhere(is: (kept: Kept) => boolean): void {
    for (const kept of [this.#index, this.#released]) if (is(kept)) this.#queue(kept);
  }

  #queue(kept: Kept): void {
    if (kept.isQueued || this.#isClosed) return;
    kept.isQueued = true;
    this.#writing = this.#writing.then(() => this.#write(kept));
  }

  async #write(kept: Kept): Promise<void> {
    try {
      await kept.write();
    } catch (error) {
      this.#deps.log.warn('spool index not written', { reason: describeError(error) });
    }
  }

  #writeIndex(): Promise<void> {
    const { files, layout, catalogue, id } = this.#deps;
    // What is said of a recording was durable before, and one that goes meanwhile is forgotten by the next start.
    return writeIndex(files, layout, id, catalogue.rows);
  }

  #writeReleased(): Promise<void> {
    this.#cancelRows?.();
    this.#cancelRows = undefined;
    const { files, layout, rows, id } = this.#deps;
    const cameras = rows.cameras.map((camera) => ({ ...camera }));
    const snapshot = rows.snapshot(this.#unfinished);
    return writeReleasedRows(files, layout, id, cameras, snapshot);
  }
}
