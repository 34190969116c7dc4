// All recordings whose payload is here, in memory: found by id, by place on a camera, and the end of each camera's chain of manifests.
// Holds facts only; whoever adds or changes an entry has made it durable first.
import type { CameraId, RecordingId } from '../../protocol/ids.ts';
import type { SpoolLayout } from './layout.ts';
import { CatalogueEntry, type RecordingFacts, type SpoolState } from './spooled-recording.ts';

/** Equal texts and lists that many recordings share are kept once. */
class Shared {
  readonly #texts = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();

  facts(facts: RecordingFacts): RecordingFacts {
    return {
      ...facts,
      camera: this.#text(facts.camera),
      docking: this.#text(facts.docking),
      keyId: facts.keyId && this.#text(facts.keyId),
      recipients: this.#list(facts.recipients),
    };
  }

  #text<T extends string>(text: T): T {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return (known ?? text) as T;
  }

  #list(list: readonly string[]): readonly string[] {
    const key = list.join(' ');
    const known = this.#lists.get(key);
    if (known === undefined) this.#lists.set(key, list);
    return known ?? list;
  }
}

/** What a chain needs to know of a manifest. */
export type LinkFacts = Pick<
  RecordingFacts,
  'recording' | 'camera' | 'manifestSha256' | 'previousManifestSha256' | 'sealedAt' | 'keyId'
>;

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

/** In-memory catalogue of one spool. */
export class Catalogue {
  readonly #layout: SpoolLayout;
  readonly #entries = new Map<RecordingId, CatalogueEntry>();
  /** Entries of one place of all cameras, the newest first; a single one without a list, for memory. */
  readonly #byPath = new Map<string, CatalogueEntry | readonly CatalogueEntry[]>();
  readonly #ends = new Map<CameraId, ChainEnd>();
  readonly #shared = new Shared();

  constructor(layout: SpoolLayout) {
    this.#layout = layout;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(recording: RecordingId): CatalogueEntry | undefined {
    return this.#entries.get(recording);
  }

  all(): IterableIterator<CatalogueEntry> {
    return this.#entries.values();
  }

  /** Recordings of that place on that camera, the newest first. */
  byOriginal(camera: CameraId, pathSha256: string): CatalogueEntry[] {
    return this.#atPath(pathSha256).filter((entry) => entry.camera === camera);
  }

  /** Adds a durable recording. Chains are not followed: `commit` or `setEnds` does. */
  add(facts: RecordingFacts, state: SpoolState): CatalogueEntry {
    const entry = new CatalogueEntry(this.#shared.facts(facts), state, this.#layout);
    this.#place(entry);
    return entry;
  }

  /** A new recording of this process: it is the end of its camera's chain from now on. */
  commit(facts: RecordingFacts): CatalogueEntry {
    const entry = this.add(facts, 'spooled');
    this.#ends.set(entry.camera, endOf(facts, true));
    return entry;
  }

  /** A recording was read anew, and other facts than those known verified: whoever holds the entry has the right ones from now on. */
  correct(facts: RecordingFacts): void {
    const entry = this.#entries.get(facts.recording);
    if (entry === undefined) return;
    this.remove(facts.recording);
    entry.correct(this.#shared.facts(facts));
    this.#place(entry);
  }

  /** Forgets a recording that went to `released/` or to the quarantine. Its place in the chain stays: a durable manifest is not undone. */
  remove(recording: RecordingId): void {
    const entry = this.#entries.get(recording);
    if (entry === undefined) return;
    this.#entries.delete(recording);
    this.#setPath(
      entry.pathSha256,
      this.#atPath(entry.pathSha256).filter((other) => other !== entry),
    );
  }

  /** The end of the camera's chain, whichever key of this station signed it. */
  end(camera: CameraId): ChainEnd | undefined {
    return this.#ends.get(camera);
  }

  /** The ends of all chains as they are known now. */
  ends(): IterableIterator<ChainEnd> {
    return this.#ends.values();
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

  #place(entry: CatalogueEntry): void {
    this.#entries.set(entry.recording, entry);
    const others = this.#atPath(entry.pathSha256);
    const at = others.findIndex((other) => other.sealedAt <= entry.sealedAt);
    others.splice(at < 0 ? others.length : at, 0, entry);
    this.#setPath(entry.pathSha256, others);
  }

  #atPath(pathSha256: string): CatalogueEntry[] {
    const found = this.#byPath.get(pathSha256);
    if (found === undefined) return [];
    return found instanceof CatalogueEntry ? [found] : [...found];
  }

  #setPath(pathSha256: string, entries: readonly CatalogueEntry[]): void {
    const [first] = entries;
    if (first === undefined) this.#byPath.delete(pathSha256);
    else this.#byPath.set(pathSha256, entries.length === 1 ? first : entries);
  }
}
