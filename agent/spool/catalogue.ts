// All recordings whose payload is here, in memory: found by id, by place on a camera, and the end of each camera's chain of manifests.
// Holds facts only; whoever adds or changes one has made it durable first.
//
// Invariant: whoever holds an entry of a recording that is here sees what the catalogue knows of it, whenever that changes: two entries of one
// recording are the same object.
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import type { WrittenRows } from './index-file.ts';
import type { SpoolLayout } from './layout.ts';
import { RecordingRows, type RecordingGlance } from './recording-rows.ts';
import type { ListedFile } from './released-rows.ts';
import { CatalogueEntry, type LinkFacts, type RecordingFacts, type SpoolState } from './spooled-recording.ts';
import { OwnKeys } from './own-keys.ts';

/** The newest of manifests that no other one names: where a chain goes on. */
export interface ChainEnd extends LinkFacts {
  /** This process made it durable: nothing is later. */
  readonly isOwn: boolean;
}

function endOf(
  { recording, camera, manifestSha256, previousManifestSha256, sealedAt, keyId }: LinkFacts,
  isOwn: boolean,
): ChainEnd {
  return { recording, camera, manifestSha256, previousManifestSha256, sealedAt, keyId, isOwn };
}

/** References to what is gone may wait for so many others until they are looked for. */
const REFERENCES_MIN = 64;

/** Entries of recordings that are here and that somebody may still hold. */
class HeldEntries {
  readonly #references = new Map<RecordingId, WeakRef<CatalogueEntry>>();
  #lookAt = REFERENCES_MIN;

  get(recording: RecordingId): CatalogueEntry | undefined {
    return this.#references.get(recording)?.deref();
  }

  add(entry: CatalogueEntry): void {
    this.#references.set(entry.recording, new WeakRef(entry));
    if (this.#references.size < this.#lookAt) return;
    for (const [recording, reference] of this.#references)
      if (reference.deref() === undefined) this.#references.delete(recording);
    this.#lookAt = REFERENCES_MIN + 2 * this.#references.size;
  }

  forget(recording: RecordingId): void {
    this.#references.delete(recording);
  }
}

/** In-memory catalogue of one spool. */
export class Catalogue {
  readonly #layout: SpoolLayout;
  readonly #rows: RecordingRows;
  readonly #ownKeys: OwnKeys;
  readonly #held = new HeldEntries();
  readonly #ends = new Map<CameraId, ChainEnd>();

  /** `rows`: what is known to be here; the catalogue's from now on. `ownKeys`: those of the station. */
  constructor(layout: SpoolLayout, rows = new RecordingRows(), ownKeys = new OwnKeys([])) {
    this.#layout = layout;
    this.#rows = rows;
    this.#ownKeys = ownKeys;
  }

  get size(): number {
    return this.#rows.size;
  }

  has(recording: RecordingId): boolean {
    return this.#rows.find(recording) !== undefined;
  }

  stateOf(recording: RecordingId): SpoolState | undefined {
    const row = this.#rows.find(recording);
    return row === undefined ? undefined : this.#rows.stateAt(row);
  }

  get(recording: RecordingId): CatalogueEntry | undefined {
    const held = this.#held.get(recording); // asked for with each message
    if (held !== undefined) return held;
    const row = this.#rows.find(recording);
    return row === undefined ? undefined : this.#entryAt(row);
  }

  /** All of them as they are now, in no order. */
  glances(): Iterable<RecordingGlance> {
    return this.#rows.glances();
  }

  /** See RecordingRows. */
  waiting(): ReturnType<RecordingRows['waiting']> {
    return this.#rows.waiting();
  }

  /** Rows of all, for the index. */
  get rows(): WrittenRows {
    return this.#rows;
  }

  /** Whether a recording of that camera, place and size is here that may stand for a file: neither damaged nor signed by a key that the station has not. */
  mayHold(camera: CameraId, file: ListedFile): boolean {
    return this.#likely(camera, file).length > 0;
  }

  /** The newest of those with that very content. */
  withContent(camera: CameraId, file: ListedFile, originalSha256: string): CatalogueEntry | undefined {
    const found = this.#likely(camera, file).find((row) => this.#rows.hasOriginal(row, originalSha256));
    return found === undefined ? undefined : this.#entryAt(found);
  }

  /** Those that were sealed in that docking. */
  ofDocking(docking: DockingId): CatalogueEntry[] {
    return this.#rows.ofDocking(docking).map((row) => this.#entryAt(row));
  }

  /** Adds a durable recording. Chains are not followed: `commit` or `setEnds` does. */
  add(facts: RecordingFacts, state: SpoolState): void {
    this.#held.forget(facts.recording);
    this.#rows.put(facts, state);
  }

  /** As `add`, for whoever goes on with it. */
  enter(facts: RecordingFacts, state: SpoolState): CatalogueEntry {
    this.#held.forget(facts.recording);
    return this.#entryAt(this.#rows.put(facts, state));
  }

  /** A new recording of this process: it is the end of its camera's chain from now on. */
  commit(facts: RecordingFacts): CatalogueEntry {
    this.#ends.set(facts.camera, endOf(facts, true));
    return this.enter(facts, 'spooled');
  }

  /** A recording was read anew, and other facts than those known verified: whoever holds the entry has the right ones from now on. */
  correct(facts: RecordingFacts): void {
    const state = this.stateOf(facts.recording);
    if (state === undefined) return;
    this.#rows.put(facts, state);
    this.#held.get(facts.recording)?.correct(facts);
  }

  /** An entry got further, or back. One that was removed, and added again since, is another one. */
  became(entry: CatalogueEntry): void {
    if (this.#held.get(entry.recording) !== entry) return;
    const row = this.#rows.find(entry.recording);
    if (row !== undefined) this.#rows.setState(row, entry.state);
  }

  /** Forgets a recording that went to `released/` or to the quarantine. Its place in the chain stays: a durable manifest is not undone. */
  remove(recording: RecordingId): void {
    const row = this.#rows.find(recording);
    if (row === undefined) return;
    this.#held.forget(recording);
    this.#rows.remove(row);
  }

  /** The end of the camera's chain, whichever key of this station signed it. */
  end(camera: CameraId): ChainEnd | undefined {
    return this.#ends.get(camera);
  }

  /** The ends of all chains as they are known now. */
  ends(): IterableIterator<ChainEnd> {
    return this.#ends.values();
  }

  /** Beginnings of all digests that recordings but those name as their previous manifest, for `unnamed`. */
  previous(without: Iterable<RecordingId>): Iterable<number> {
    return this.#rows.previous(this.#rowsOf(without));
  }

  /** Recordings but those whose manifest is not among these. */
  unnamed(named: ReadonlySet<number>, without: Iterable<RecordingId>): LinkFacts[] {
    const rows = this.#rows.ends(named, this.#rowsOf(without));
    return [...rows].map((row) => this.#rows.linkAt(row));
  }

  /** Whether a recording but those names the manifest of that digest. */
  isNamed(sha256: string, without: Iterable<RecordingId>): boolean {
    return this.#rows.isNamed(sha256, this.#rowsOf(without));
  }

  /**
   * Takes the ends of all chains: manifests that verified and that no other such one names. Of several, those by the station's key of today, `keyId`,
   * come first, as a chain ends with its key (SPEC 4.1). Where a chain forked, the one sealed last counts; what this process made stays the end.
   */
  setEnds(ends: Iterable<LinkFacts>, keyId: string | undefined): void {
    for (const [camera, { isOwn }] of this.#ends) if (!isOwn) this.#ends.delete(camera);
    const rank = (end: ChainEnd): string => {
      const isOfToday = keyId === undefined || end.keyId === null || end.keyId === keyId;
      return `${isOfToday ? 1 : 0} ${end.sealedAt} ${end.manifestSha256}`;
    };
    for (const facts of ends) {
      const known = this.#ends.get(facts.camera);
      if (known?.isOwn === true) continue;
      const end = endOf(facts, false);
      if (known === undefined || rank(end) > rank(known)) this.#ends.set(facts.camera, end);
    }
  }

  #likely(camera: CameraId, file: ListedFile): number[] {
    const found = this.#rows.atPath(camera, file);
    return found.filter(
      (row) =>
        this.#rows.rejectedAt(row)?.reason !== 'damaged' && !this.#ownKeys.isOther(this.#rows.keyIdAt(row)),
    );
  }

  #entryAt(row: number): CatalogueEntry {
    const held = this.#held.get(this.#rows.idAt(row));
    if (held !== undefined) return held;
    const entry = new CatalogueEntry(this.#rows.factsAt(row), this.#rows.stateAt(row), this.#layout, this);
    this.#held.add(entry);
    return entry;
  }

  #rowsOf(recordings: Iterable<RecordingId>): Set<number> {
    const rows = new Set<number>();
    for (const recording of recordings) {
      const row = this.#rows.find(recording);
      if (row !== undefined) rows.add(row);
    }
    return rows;
  }
}
