// All recordings whose payload is here, in memory: found by id and by place on a camera; and the end of each camera's chain.
// Holds facts only; whoever adds or changes one has made it durable first.
//
// Invariant: whoever holds an entry of a recording that is here sees what the catalogue knows of it, whenever that changes: two entries of one
// recording are the same object.
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import type { Log } from '../../protocol/format/ports.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import type { SpoolLayout } from './layout.ts';
import { OwnKeys } from './own-keys.ts';
import { type RecordingGlance, RecordingRows } from './recording-rows.ts';
import type { ListedFile } from './released-rows.ts';
import type { Released } from './released.ts';
import { CatalogueEntry, type LinkFacts, type RecordingFacts, type SpoolState } from './spooled-recording.ts';

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

  /** Adds a durable recording. */
  add(facts: RecordingFacts, state: SpoolState): void {
    this.#held.forget(facts.recording);
    this.#rows.put(facts, state);
  }

  /** As `add`, for whoever goes on with it. */
  enter(facts: RecordingFacts, state: SpoolState): CatalogueEntry {
    this.#held.forget(facts.recording);
    return this.#entryAt(this.#rows.put(facts, state));
  }

  /** An entry got further, or back. One that was removed, and added again since, is another one. */
  became(entry: CatalogueEntry): void {
    if (this.#held.get(entry.recording) !== entry) return;
    const row = this.#rows.find(entry.recording);
    if (row !== undefined) this.#rows.setState(row, entry.state);
  }

  /** Forgets a recording that went to `released/` or to the quarantine. */
  remove(recording: RecordingId): void {
    const row = this.#rows.find(recording);
    if (row === undefined) return;
    this.#held.forget(recording);
    this.#rows.remove(row);
  }

  /** Recordings of that camera whose manifest names the one of that digest, or none. Looks through all of them: it is asked seldom. */
  naming(camera: CameraId, previousSha256: string | null): LinkFacts[] {
    return [...this.#rows.naming(camera, previousSha256)].map((row) => this.#rows.linkAt(row));
  }

  /** The recording of that camera and of such a key that was sealed last. */
  newestOf(camera: CameraId, isKey: (keyId: string | null) => boolean): LinkFacts | undefined {
    const rows = [...this.#rows.ofCamera(camera)].filter((row) => isKey(this.#rows.keyIdAt(row)));
    const newest = rows.sort((a, b) => this.#rows.sealedMsAt(b) - this.#rows.sealedMsAt(a))[0];
    return newest === undefined ? undefined : this.#rows.linkAt(newest);
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
}

// What the next manifest of a camera names as its previous one (SPEC 4.1): the one that became durable last, by the same key.
//
// The ledger remembers it. It may lack what became durable right before a cut, so what is here and goes on from there comes behind it. Where the log
// knows nothing of a camera whose recordings are here, the newest of them is the end.

/** One per spool. */
export class ManifestChain {
  readonly #catalogue: Pick<Catalogue, 'get' | 'naming' | 'newestOf'>;
  readonly #released: Pick<Released, 'naming' | 'newestOf'>;
  readonly #log: Log;
  /** Id of the key that signs now; undefined where none is known. */
  readonly #keyId: string | undefined;
  /** What this process made durable last of a camera, or found out. */
  readonly #ends = new Map<CameraId, string | null>();
  /** What left in this run, and is not in the catalogue any more. */
  readonly #left: LinkFacts[] = [];

  /** `stationKeys`: the one that signs now first. */
  constructor(
    catalogue: Pick<Catalogue, 'get' | 'naming' | 'newestOf'>,
    released: Pick<Released, 'naming' | 'newestOf'>,
    stationKeys: readonly PublicKey[],
    log: Log,
  ) {
    this.#catalogue = catalogue;
    this.#released = released;
    this.#log = log;
    const [own] = stationKeys;
    this.#keyId = own && keyIdHex(own.keyId);
  }

  /** A manifest of this process became durable. */
  committed({ camera, manifestSha256 }: Pick<LinkFacts, 'camera' | 'manifestSha256'>): void {
    this.#ends.set(camera, manifestSha256);
  }

  /** A recording is about to leave its place: what its manifest names is no end. */
  leaves({ recording, camera, manifestSha256, previousManifestSha256, sealedAt, keyId }: LinkFacts): void {
    if (this.#ends.has(camera)) return;
    this.#left.push({ recording, camera, manifestSha256, previousManifestSha256, sealedAt, keyId });
  }

  /** Digest of the manifest that the camera's next one names, or null. `logged`: the end of its chain in the ledger. Errors: the machine's. */
  async previous(camera: CameraId, logged: ChainEnd | undefined): Promise<string | null> {
    const known = this.#ends.get(camera);
    if (known !== undefined) return known;
    const end = await (logged === undefined ? this.#rebuilt(camera) : this.#follow(camera, logged));
    if (!this.#ends.has(camera)) this.#ends.set(camera, end);
    return this.#ends.get(camera) ?? null;
  }

  async #follow(camera: CameraId, logged: ChainEnd): Promise<string | null> {
    const keyId = this.#catalogue.get(logged.recording)?.keyId ?? logged.keyId;
    let end = this.#isOfToday(keyId) ? logged.sha256 : null;
    const passed = new Set<string | null>();
    while (!passed.has(end)) {
      passed.add(end);
      const next = (await this.#naming(camera, end)).find((facts) => this.#isOfToday(facts.keyId));
      if (next === undefined) break;
      this.#log.warn('recording is durable, and the log does not say that it came last', {
        recording: next.recording,
      });
      end = next.manifestSha256;
    }
    return end;
  }

  /** Its copy may have been reclaimed since, in an earlier run. */
  async #naming(camera: CameraId, previousSha256: string | null): Promise<LinkFacts[]> {
    const released = await this.#released.naming(camera, previousSha256);
    const left = this.#left.filter(
      (facts) => facts.camera === camera && facts.previousManifestSha256 === previousSha256,
    );
    return [...this.#catalogue.naming(camera, previousSha256), ...left, ...released];
  }

  /** Without a log: the newest that is here of today's key. */
  async #rebuilt(camera: CameraId): Promise<string | null> {
    const left = this.#left.filter((facts) => facts.camera === camera && this.#isOfToday(facts.keyId));
    const found = [this.#catalogue.newestOf(camera, (keyId) => this.#isOfToday(keyId)), ...left];
    found.push(await this.#released.newestOf(camera, (keyId) => this.#isOfToday(keyId)));
    const newest = found
      .flatMap((facts) => facts ?? [])
      .sort((a, b) => (a.sealedAt < b.sealedAt ? 1 : -1))[0];
    return newest?.manifestSha256 ?? null;
  }

  #isOfToday(keyId: string | null): boolean {
    return keyId === null || this.#keyId === undefined || keyId === this.#keyId;
  }
}
