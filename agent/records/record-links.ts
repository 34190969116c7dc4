// What the docking records that are here say of each other: which one came last of a camera, and what the next one names.
//
// Invariants:
// 1. Only what verified has a say: the next record names a digest for good. What the start did not verify, or not read, is read again first; then the log
//    says which was the last; where the log is not shown, the record waits HIDDEN_MS for it.
// 2. Quarantined records were durable, so a chain that leads through them must not fork: they count, those that go there in this run, too.
// 3. What this process made stays the end of its chain.
import { join } from 'node:path';
import { isMachineShort } from '../../protocol/format/errors.ts';
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { namedByEnd, namedByNext, type EndHere } from '../spool/chain-end.ts';
import type { LoggedEnd } from '../custody/last-of-camera.ts';
import { LoggedEnds } from '../custody/logged-ends.ts';
import type { InDoubt } from '../spool/in-doubt.ts';
import { SecondLook } from '../custody/second-look.ts';
import { nameBefore } from '../spool/quarantine.ts';
import { RecordChain, type NewestDocking } from './record-chain.ts';
import { readRecord } from './record-recovery.ts';
import type { RecordSet } from './record-set.ts';
import type { RecordSpool } from './record-spool.ts';
import type { RecordFacts, StoredRecord } from './stored-record.ts';

/** So long a record waits for a log that the disk does not show: behind it, a fork in a chain is better than bays that stand still. */
const HIDDEN_MS = 15 * 60_000;

export interface RecordLinksDeps {
  readonly spool: Pick<RecordSpool, 'layout' | 'asideNames'>;
  readonly files: Files;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  /** Of the signer's key first, and older ones of this station. */
  readonly stationKeys: readonly PublicKey[];
  /** What the log says was recorded last of a camera; undefined where it does not tell. Errors: the system's. */
  readonly lastRecorded: (camera: CameraId) => Promise<LoggedEnd | undefined>;
  readonly records: RecordSet;
  /** That verified, in the quarantine. */
  readonly apart: readonly RecordFacts[];
  /** Records by their names that the start could not read, or not verify. */
  readonly unread: InDoubt<string>;
  /** One verified that the start could not. Must not throw. */
  readonly onVerified: (record: StoredRecord) => void;
}

/** One per spool. */
export class RecordLinks {
  readonly #deps: RecordLinksDeps;
  readonly #keyIds: readonly string[];
  readonly #apart: RecordFacts[];
  readonly #secondLook: SecondLook<string>;
  readonly #logged = new LoggedEnds();
  /** By camera: since when the log was not shown that had to be asked for it. */
  readonly #hiddenSinceMs = new Map<CameraId, number>();
  /** What this process made last, by camera. */
  readonly #own = new Map<CameraId, readonly RecordFacts[]>();
  #chain: RecordChain;

  constructor(deps: RecordLinksDeps) {
    this.#deps = deps;
    this.#keyIds = deps.stationKeys.map(({ keyId }) => keyIdHex(keyId));
    this.#apart = [...deps.apart];
    this.#secondLook = new SecondLook({
      unread: deps.unread,
      isInPlace: (name) => this.#stored(name) !== undefined,
      look: (name) => this.#look(name),
      follow: () => this.follow(),
      settled: (names) => this.#settled(names),
    });
    this.#chain = this.#chainOf(this.#facts(), this.#apart);
  }

  /** The camera's newest docking that has a record which verified, whichever key of this station signed it. */
  newest(camera: CameraId): NewestDocking | undefined {
    return this.#chain.newest(camera);
  }

  /** Before anything is said of all of them. Errors: only the machine's. */
  lookAgain(): Promise<void> {
    return this.#secondLook.atAll();
  }

  /** Before anything is said of that one. Errors: only the machine's. */
  lookAgainAt(record: RecordingId): Promise<void> {
    return this.#secondLook.at(record);
  }

  /** Whether it is of its camera's newest docking, or may be. */
  mayBeNewest({ recording, camera, docking }: RecordFacts): boolean {
    return this.#deps.unread.has(recording) || this.#chain.newest(camera)?.docking === docking;
  }

  /**
   * Whether a record that did not verify, of whichever camera it says it is, may be of a newer docking of that camera than the newest. One that
   * is not shown says nothing: it may stay so for ever.
   */
  mayHaveNewer(camera: CameraId): boolean {
    const known = this.#chain.newest(camera)?.parts[0]?.dockedAt ?? '';
    return this.#unreadHere().some((facts) => facts !== undefined && facts.dockedAt > known);
  }

  /** One that did not verify may be the one that it names; but for one by a key that this station does not know: chains end with their keys. */
  mayNameUnread({ recording, facts: { previousSha256 } }: StoredRecord): boolean {
    if (previousSha256 === null) return false;
    return this.#unreadHere().some(
      (other) =>
        other === undefined || (other.recording !== recording && this.#keyIds.includes(other.keyId ?? '')),
    );
  }

  /** A record goes to the quarantine: what it names is not the last one. */
  goesApart(facts: RecordFacts): void {
    if (!this.#deps.unread.isUnsure(facts.recording)) this.#apart.push(facts);
  }

  /** This process made the record of a docking of that camera: it is the newest from now on. */
  recorded(camera: CameraId, parts: readonly RecordFacts[]): void {
    this.#own.set(camera, parts);
    this.#chain.recorded(parts);
  }

  /** That one is not shown any more, and never was one of ours to anybody. */
  forget(record: RecordingId): void {
    this.#deps.unread.delete(record);
  }

  /** Records are not shown any more, or others verified: who names whom is found anew. */
  follow(): void {
    this.#chain = this.#chainOf(this.#facts(), this.#apart);
    for (const parts of this.#own.values()) this.#chain.recorded(parts);
  }

  /** What the camera's record of that docking names, or null. Errors: the system's, where the log cannot be read. */
  async previous(camera: CameraId, docking: DockingId): Promise<string | null> {
    if (this.#own.has(camera)) return namedByEnd(this.#endOf(this.#chain.newest(camera)));
    await this.lookAgain();
    const logged = this.#deps.unread.size > 0 ? await this.#askLog(camera) : undefined;
    const here = this.#facts();
    const apart = this.#apart.filter((facts) => facts.docking !== docking); // this one replaces it
    const all = [...here, ...apart];
    const end = this.#endOf(this.#chainOf(here, apart).newest(camera));
    const named = namedByNext(
      {
        end,
        unread: this.#deps.unread,
        isNamed: (sha256) => all.some(({ previousSha256 }) => previousSha256 === sha256),
        isHere: ({ sha256 }) => all.some(({ manifestSha256 }) => manifestSha256 === sha256),
      },
      logged,
    );
    if (named !== namedByEnd(end))
      this.#deps.log.warn('last docking record of a camera taken from the log', { camera, named });
    return named;
  }

  /** Errors: the system's, until the log was not shown for HIDDEN_MS. */
  async #askLog(camera: CameraId): Promise<LoggedEnd | undefined> {
    const { clock, log, lastRecorded } = this.#deps;
    try {
      const logged = await this.#logged.of(camera, lastRecorded);
      this.#hiddenSinceMs.delete(camera);
      return logged;
    } catch (error) {
      const nowMs = clock.monotonicMs();
      const sinceMs = this.#hiddenSinceMs.get(camera) ?? nowMs;
      this.#hiddenSinceMs.set(camera, sinceMs);
      if (isMachineShort(error) || nowMs - sinceMs < HIDDEN_MS) throw error;
      log.error('last docking record of a camera not found in the log', { camera, error });
      return undefined;
    }
  }

  /** Reads a record where it lies, here or in the quarantine. Errors: the machine's. */
  async #look(name: string): Promise<(() => void) | undefined> {
    const { files, stationKeys } = this.#deps;
    for (const folder of this.#foldersOf(name)) {
      const read = await readRecord(files, folder, stationKeys).catch(unlessShort);
      if (read?.isVerified === true && read.facts.recording === name) return () => this.#take(read.facts);
    }
    return undefined;
  }

  /** Where it lies, or may lie: in the quarantine several may have its name. */
  #foldersOf(name: string): string[] {
    const { layout, asideNames } = this.#deps.spool;
    const aside = asideNames.filter((each) => nameBefore(each) === name);
    if (aside.length === 0 || this.#stored(name) !== undefined) return [join(layout.dockings, name)];
    return aside.map((each) => join(layout.quarantine, each));
  }

  #take(facts: RecordFacts): void {
    const stored = this.#stored(facts.recording);
    if (stored === undefined) {
      this.#apart.push(facts);
      return;
    }
    this.#deps.records.correct(stored, facts);
  }

  #settled(names: ReadonlySet<string>): void {
    for (const record of [...names].flatMap((name) => this.#stored(name) ?? []))
      this.#deps.onVerified(record);
  }

  #stored(name: string): StoredRecord | undefined {
    return this.#deps.records.get(name as RecordingId);
  }

  /** Of all that are here and verified. */
  #facts(): RecordFacts[] {
    const all = [...this.#deps.records.values()].map(({ facts }) => facts);
    return all.filter(({ recording }) => !this.#deps.unread.isUnsure(recording));
  }

  /** What those say that did not verify, or undefined where one is not shown: it may lie here. What lies in the quarantine is not among them. */
  #unreadHere(): (RecordFacts | undefined)[] {
    const aside = new Set(this.#deps.spool.asideNames.map(nameBefore));
    return [...this.#deps.unread].flatMap((name) => {
      const stored = this.#stored(name);
      return stored === undefined && aside.has(name) ? [] : [stored?.facts];
    });
  }

  #chainOf(here: readonly RecordFacts[], apart: readonly RecordFacts[]): RecordChain {
    return new RecordChain(here, apart, this.#keyIds[0]);
  }

  #endOf(newest: NewestDocking | undefined): EndHere | undefined {
    const last = newest?.parts.at(-1);
    const [own] = this.#keyIds;
    return (
      last && {
        sha256: last.manifestSha256,
        previousSha256: last.previousSha256,
        isOfEarlierKey: own !== undefined && (last.keyId ?? own) !== own,
      }
    );
  }
}

/** What cannot be read is no record. Errors: the machine's. */
function unlessShort(error: unknown): undefined {
  if (isMachineShort(error)) throw error;
}
