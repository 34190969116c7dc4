// Decides when the index and the rows of released recordings are written anew: after enough changes, and when the spool is closed. Never in
// anybody's way.
import { describeError } from '../../protocol/errors.ts';
import type { RecordingId } from '../../protocol/ids.ts';
import type { Files, Log } from '../../protocol/ports.ts';
import type { Catalogue } from './catalogue.ts';
import type { ChainLinks } from './chain-links.ts';
import { writeIndex, type IndexEntry } from './index-file.ts';
import type { SpoolLayout } from './layout.ts';
import { writeReleasedRows } from './released-file.ts';
import type { ReleasedRows } from './released-rows.ts';

/** Changes that the index may lack: reading so many manifests takes a start some 50 ms. */
const BEHIND_MAX = 500;

export interface IndexKeeperDeps {
  readonly files: Files;
  readonly log: Log;
  readonly layout: SpoolLayout;
  readonly catalogue: Catalogue;
  readonly rows: ReleasedRows;
  /** What the start could not verify: left out, so that the next one reads it anew. */
  readonly links: Pick<ChainLinks, 'unread'>;
  /** Released recordings in whose folder the start left something. */
  readonly unfinished: ReadonlySet<RecordingId>;
  /** The spool's id. */
  readonly id: string;
}

/** Keeps the index of one spool near to what the catalogue holds. */
export class IndexKeeper {
  readonly #deps: IndexKeeperDeps;
  /** Released recordings whose payload may still lie there: left out, so that the next start looks at them. */
  readonly #unfinished: Set<RecordingId>;
  #behind: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: IndexKeeperDeps, behind: number) {
    this.#deps = deps;
    this.#unfinished = new Set(deps.unfinished);
    this.#behind = behind;
    this.#writeIfBehind();
  }

  /** A recording came, went, or moved. */
  changed(): void {
    this.#behind++;
    this.#writeIfBehind();
  }

  reclaimBegan(recording: RecordingId): void {
    this.#unfinished.add(recording);
  }

  reclaimEnded(recording: RecordingId): void {
    this.#unfinished.delete(recording);
    this.changed();
  }

  /** Never rejects: an index that could not be written only makes the next start slower. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#behind > 0) await this.#write();
  }

  #writeIfBehind(): void {
    if (this.#behind < BEHIND_MAX) return;
    this.#behind = 0;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const { files, log, layout, catalogue, rows, links, id } = this.#deps;
    this.#behind = 0;
    const entries: IndexEntry[] = [];
    for (const facts of catalogue.all())
      if (facts.state !== 'released' && !links.unread.has(facts.recording))
        entries.push({ facts, state: facts.state });
    const cameras = rows.cameras.map((camera) => ({ ...camera }));
    const snapshot = rows.snapshot(new Set([...this.#unfinished, ...links.unread]));
    try {
      await writeIndex(files, layout, id, entries);
      await writeReleasedRows(files, layout, id, cameras, snapshot);
    } catch (error) {
      log.warn('spool index not written', { reason: describeError(error) });
    }
  }
}
