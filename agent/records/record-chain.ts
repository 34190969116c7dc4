// The end of each camera's chain of docking records: which docking came last, and what the next record names (SPEC 4.6).
//
// The ledger remembers it. What became durable right before a cut, and what this process made, comes behind it. Where the log knows nothing of a
// camera whose records are here, the newest of them is the end. A chain ends with its key.
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { CameraId, DockingId } from '../../protocol/format/ids.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import type { RecordFacts, StoredRecord } from './stored-record.ts';

/** The newest docking of a camera. */
export interface NewestDocking {
  readonly docking: DockingId;
  /** Its parts that are here, in their order; none where it is in the quarantine. */
  readonly parts: readonly RecordFacts[];
}

/** Which documents are here. */
export interface RecordsHere {
  recordings(): Iterable<StoredRecord>;
}

/** One per spool. */
export class RecordChain {
  readonly #records: RecordsHere;
  readonly #logged: (camera: CameraId) => ChainEnd | undefined;
  /** Id of the key that signs now. */
  readonly #keyId: string | undefined;
  /** What this process made last, by camera. */
  readonly #own = new Map<CameraId, readonly RecordFacts[]>();
  /** What left in this run. */
  readonly #left: RecordFacts[] = [];

  /** `logged`: the end of a camera's chain in the ledger. `stationKeys`: the one that signs now first. */
  constructor(
    records: RecordsHere,
    logged: (camera: CameraId) => ChainEnd | undefined,
    stationKeys: readonly PublicKey[],
  ) {
    this.#records = records;
    this.#logged = logged;
    const [own] = stationKeys;
    this.#keyId = own && keyIdHex(own.keyId);
  }

  /** This process made the record of a docking of that camera: it is the newest from now on. */
  recorded(camera: CameraId, parts: readonly RecordFacts[]): void {
    this.#own.set(camera, parts);
  }

  /** A record is about to leave its place: what it names is no end. */
  leaves(facts: RecordFacts): void {
    this.#left.push(facts);
  }

  /** The camera's newest docking that has a record, whichever key of this station signed it. */
  newest(camera: CameraId): NewestDocking | undefined {
    const docking = this.#own.get(camera)?.[0]?.docking ?? this.#newestDocking(camera);
    if (docking === undefined) return undefined;
    const parts = [...this.#here(camera)].filter((facts) => facts.docking === docking);
    return { docking, parts: parts.sort((a, b) => a.part - b.part) };
  }

  /** Digest that the camera's next record names, or null. */
  previous(camera: CameraId): string | null {
    const own = this.#own.get(camera)?.at(-1);
    if (own !== undefined) return own.manifestSha256;
    const logged = this.#logged(camera);
    if (logged === undefined) return this.#rebuilt(camera)?.manifestSha256 ?? null;
    const last = this.#follow(camera, logged);
    return last?.manifestSha256 ?? this.#startOf(logged);
  }

  #newestDocking(camera: CameraId): DockingId | undefined {
    const logged = this.#logged(camera);
    if (logged === undefined) return (this.#rebuilt(camera) ?? this.#latest(this.#here(camera)))?.docking;
    return this.#follow(camera, logged)?.docking ?? logged.docking ?? undefined;
  }

  #startOf({ sha256, keyId }: ChainEnd): string | null {
    return this.#isOfToday(keyId) ? sha256 : null;
  }

  /** The last one that goes on after what the ledger calls the end. */
  #follow(camera: CameraId, logged: ChainEnd): RecordFacts | undefined {
    const all = [...this.#here(camera), ...this.#left].filter(
      (facts) => facts.camera === camera && this.#isOfToday(facts.keyId),
    );
    let last: RecordFacts | undefined;
    const passed = new Set<RecordFacts>();
    for (let end = this.#startOf(logged); ; end = last.manifestSha256) {
      const next = all.find((facts) => facts.previousSha256 === end && !passed.has(facts));
      if (next === undefined) return last;
      passed.add((last = next));
    }
  }

  /** Without a log: the newest that is here of today's key and that nothing here names. */
  #rebuilt(camera: CameraId): RecordFacts | undefined {
    const here = [...this.#here(camera)];
    const named = new Set([...here, ...this.#left].map(({ previousSha256 }) => previousSha256));
    return this.#latest(
      here.filter(({ keyId, manifestSha256 }) => this.#isOfToday(keyId) && !named.has(manifestSha256)),
    );
  }

  #latest(all: Iterable<RecordFacts>): RecordFacts | undefined {
    const rank = ({ dockedAt, part }: RecordFacts): string => `${dockedAt} ${String(part).padStart(4, '0')}`;
    return [...all].sort((a, b) => (rank(a) < rank(b) ? 1 : -1))[0];
  }

  *#here(camera: CameraId): Generator<RecordFacts> {
    for (const { facts } of this.#records.recordings()) if (facts.camera === camera) yield facts;
  }

  #isOfToday(keyId: string | null): boolean {
    return keyId === null || this.#keyId === undefined || keyId === this.#keyId;
  }
}
