// The spool: sealed recordings on disk until the store has them. The one place that says "durable here".
//
// Invariants:
// 1. A recording is in `recordings()`, or known as released, only after its files, their names and its folder's name were synced.
// 2. After a failed write, sync or rename that attempt is over: nothing of it is synced again, and the recording is not here.
// 3. Whatever changes one recording runs one after the other; different recordings run side by side and share folder syncs.
// 4. Nothing is written where another spool, or none, shows at the path.
import { join } from 'node:path';
import { writeDurable } from '../../protocol/format/durable.ts';
import {
  type CameraId,
  type DockingId,
  isRecordingId,
  makeRecordingId,
  type RecordingId,
} from '../../protocol/format/ids.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import type { Files } from '../../protocol/format/ports.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import type { GivesSpace } from '../platform/reserve.ts';
import type { Reservation } from '../platform/space.ts';
import { Changes, type ItemChange } from './changes.ts';
import type { SignedBytes } from './documents.ts';
import { Findings, type RecoveryFinding } from './findings.ts';
import type { SealedDocuments } from './intake.ts';
import type { SpoolLayout, Staging } from './layout.ts';
import { moveBackToReady, type Rechecked } from './leaving.ts';
import type { RecordingGlance } from './recording-rows.ts';
import { Recovery } from './recovery.ts';
import type { DropQuestion, ListedFile } from './released-rows.ts';
import type { Droppable, ProvenQuestion } from './released.ts';
import type { ItemStore } from './signed-items.ts';
import type { SpoolSnapshot } from './snapshot-rows.ts';
import { openParts, type SpoolOptions, type SpoolParts } from './spool-parts.ts';
import type { SpooledRecording, SpoolState } from './spooled-recording.ts';
import type { StoreState } from './store-state.ts';

export type { RecoveryFinding } from './findings.ts';
export type { Staging } from './layout.ts';
export type { SealedDocuments } from './intake.ts';
export type { SpoolOptions } from './spool-parts.ts';
export type { Reservation } from '../platform/space.ts';
export type { SpooledRecording, SpoolState } from './spooled-recording.ts';

/** Of what is written only to see whether the disk takes it. */
const TRIAL_BYTES = 64 * 1024;

/** One spool. `open` takes whatever lies on the disk; the caller holds the lock (lock.ts). */
export class Spool implements ItemStore<SpooledRecording> {
  readonly #options: Pick<SpoolOptions, 'files' | 'clock' | 'random' | 'log' | 'stationKeys'>;
  readonly #parts: SpoolParts;
  readonly #turns = new KeyedMutex<RecordingId>();
  /** What becomes of recordings and docking records. Who makes a change, and its entry in the log, durable puts it here. */
  readonly changes = new Changes<ItemChange>();

  private constructor({ files, clock, random, log, stationKeys }: SpoolOptions, parts: SpoolParts) {
    this.#options = { files, clock, random, log, stationKeys };
    this.#parts = parts;
  }

  /**
   * Recovers what lies at the path, or makes a spool of an empty folder.
   * Errors: "spool.foreign" (not a spool), "spool.version" (of a newer agent), and the system's where its folders cannot be read.
   */
  static async open(options: SpoolOptions): Promise<{ spool: Spool; findings: readonly RecoveryFinding[] }> {
    const { parts, findings } = await openParts(options);
    return { spool: new Spool(options, parts), findings };
  }

  /** Where things lie. */
  get layout(): SpoolLayout {
    return this.#parts.layout;
  }

  /** Files of this machine; what changes names in this spool rejects with "spool.gone" while it is not there. */
  get files(): Files {
    return this.#parts.presence.files;
  }

  /** The written space that the custody log may have when the disk is full. */
  get logReserve(): GivesSpace {
    return this.#parts.reserve;
  }

  /**
   * Reserves space for a sealed file of that many bytes. `full` raises "spool.full", which goes away by itself once it would fit.
   * Errors: the system's where free space cannot be read.
   */
  reserve(sealedBytes: number): Promise<Reservation | 'full'> {
    return this.#parts.space.reserve(sealedBytes);
  }

  /** Makes the folder for one sealing. Errors: "spool.gone" (unmounted, other disk), "spool.write-failed". */
  stage(recording: RecordingId): Promise<Staging> {
    return this.#parts.intake.stage(recording);
  }

  /**
   * Makes a sealing durable; the sealing has written, synced and closed payload and chunk list. Only when it resolves may anybody be told.
   * Errors: "spool.gone", "spool.damaged" (the sealed files have other lengths than the manifest says), "spool.write-failed".
   * After any of them the attempt is over: discard the staging and seal the original again under a new id.
   */
  commit(staging: Staging, documents: SealedDocuments): Promise<SpooledRecording> {
    return this.#turns.run(staging.recording, () => this.#parts.intake.commit(staging, documents));
  }

  /** Removes an unfinished sealing. Never rejects: what the disk does not let go is found by the next start. */
  discard(staging: Staging): Promise<void> {
    return this.#turns.run(staging.recording, () => this.#parts.intake.discard(staging));
  }

  /**
   * Stores a verified receipt, durably. One that is there and stands stays; one that does not stand goes to the quarantine.
   * Errors: "spool.unknown" where the recording is not here, "spool.write-failed".
   */
  storeReceipt(recording: RecordingId, receiptBytes: Uint8Array, signature: string): Promise<void> {
    return this.#turns.run(recording, async () => {
      if (this.#parts.released.has(recording)) return;
      await this.#parts.receipts.store(this.#parts.holdings.mustKnow(recording), {
        bytes: receiptBytes,
        signature,
      });
    });
  }

  /** What the next start need not find out again; the log takes part in it. */
  get snapshot(): SpoolSnapshot {
    return this.#parts.snapshot;
  }

  /** What the last run knew of the store. */
  get store(): StoreState {
    return this.#parts.store;
  }

  /** Removes a receipt, durably: the recording counts as spooled again. Undefined where there is none, or it is not here. Errors: "spool.gone", "spool.write-failed". */
  takeBackReceipt(recording: RecordingId): Promise<SpooledRecording | undefined> {
    return this.#turns.run(recording, async () => {
      const entry = this.#parts.catalogue.get(recording);
      if (entry?.state !== 'receipted') return undefined;
      await this.#parts.receipts.takeBack(entry);
      return entry;
    });
  }

  /**
   * Takes released recordings out of what is known that a vault received later than an instant: a file that is still on a camera is pulled as a
   * new one. One whose reclaim the disk did not finish is here again. Gives each of the others as it goes. Reclaims that run end before; the
   * caller lets none begin. Errors: the machine's; the system's: what was given is withdrawn, and the rest is not.
   */
  async *withdrawLost(vault: string, completeUntil: string): AsyncGenerator<RecordingId> {
    const { released, withdrawn, rows, catalogue, layout, snapshot } = this.#parts;
    await this.#turns.idle();
    for (const recording of rows.recordings()) {
      const entry = await released.read(recording);
      if (entry === undefined || !(await released.isReceivedAfter(entry, vault, completeUntil))) continue;
      const leaves = (): void => {
        rows.remove(recording);
        snapshot.changed();
      };
      const isBack = await moveBackToReady(this.files, layout, recording, this.#options.stationKeys, () => {
        leaves();
        catalogue.enter(entry, 'receipted');
      });
      if (isBack) continue;
      leaves();
      withdrawn.add(entry);
      yield recording;
    }
  }

  /** Recordings that do not stand for a file on a camera any more, and that a new one with this original replaces. */
  replacedBy(camera: CameraId, pathSha256: string, originalSha256: string): RecordingId[] {
    return this.#parts.withdrawn.replacedBy(camera, pathSha256, originalSha256);
  }

  /**
   * Removes payload and chunk list of a receipted recording; manifest, receipt and their signatures stay.
   * Errors: "spool.unknown"; "spool.not-receipted" where there is no receipt or the stored one does not stand (it goes to the
   * quarantine, and the recording counts as spooled again); "spool.damaged" (manifest); "spool.write-failed".
   */
  reclaim(recording: RecordingId): Promise<void> {
    return this.#turns.run(recording, async () => {
      if (this.#parts.released.has(recording)) return; // what a failed reclaim left is finished by the next start
      await this.#parts.leaving.reclaim(this.#parts.holdings.mustKnow(recording));
      await this.#parts.space.look();
    });
  }

  /**
   * Moves a recording aside under its name and raises "spool.quarantine"; it is no longer in the spool. One whose payload is not here is
   * ignored.
   * Errors: "spool.gone", nothing changed; "spool.write-failed" where it could not be moved now: it is out of the spool all the
   * same, and moved by the next look at the quarantine that the disk lets.
   */
  quarantine(recording: RecordingId, reason: string): Promise<void> {
    return this.#turns.run(recording, async () => {
      const entry = this.#parts.catalogue.get(recording);
      if (entry !== undefined) await this.#parts.leaving.setAside(entry, reason);
    });
  }

  /**
   * Looks at the documents of one that is receipted or released and that the release gate refused. `good`: they stand. `unreceipted`: its
   * receipt did not, it was set aside and the recording counts as spooled again. `aside`: what is here of it is damaged and lies in the
   * quarantine; a file that is still on a camera is taken anew in its place.
   * Errors: "spool.gone", "spool.write-failed"; the machine's.
   */
  recheck(recording: RecordingId): Promise<Rechecked> {
    return this.#turns.run(recording, async () => {
      const here = this.#parts.catalogue.get(recording);
      const entry = here ?? (await this.#parts.released.read(recording));
      if (entry === undefined || entry.state === 'spooled') return 'good';
      return this.#parts.leaving.recheck(entry, here);
    });
  }

  /**
   * Moves something else of ours aside and raises "spool.quarantine". Shape: returns the name that it has there, undefined where it was
   * not there any more. Errors: the system's.
   */
  setAside(path: string, reason: string, as?: string): Promise<string | undefined> {
    return this.#parts.quarantine.move(path, reason, as);
  }

  /** As `setAside`, for a name that nothing else ever takes: what the disk refuses now is moved by `lookAtQuarantine`. Errors: the system's. */
  setAsideInTheEnd(path: string, reason: string): Promise<void> {
    return this.#parts.quarantine.moveInTheEnd(path, reason);
  }

  /** Moves to the quarantine what the disk refused until now, and looks what lies there. Raises or clears "spool.quarantine". Errors: the system's. */
  lookAtQuarantine(): Promise<void> {
    return this.#parts.quarantine.look();
  }

  /** Moves something out of the quarantine. Errors: the system's; then it lies in one of the two places. */
  moveBack(name: string, path: string): Promise<void> {
    return this.#parts.quarantine.moveBack(name, path);
  }

  /** Whether that was set aside, and the disk has not moved it yet. */
  isLeaving(path: string): boolean {
    return this.#parts.quarantine.isLeaving(path);
  }

  /**
   * Looks again, as a start does, at folders in `ready/` that are no recordings because the disk did not show them or refused something; only at
   * those of which the log has an entry: any other may be on its way in or out. Shape: those that are recordings now, without a receipt.
   * Errors: the system's where the folder cannot be listed; the machine's.
   */
  async lookAgain(
    isEntered: (recording: RecordingId) => boolean,
  ): Promise<{ readonly recordings: readonly RecordingId[]; readonly findings: readonly RecoveryFinding[] }> {
    const { layout, catalogue, snapshot } = this.#parts;
    const findings = new Findings(this.#options.log);
    const recordings: RecordingId[] = [];
    const isOff = (recording: RecordingId): boolean =>
      this.stateOf(recording) === undefined &&
      isEntered(recording) &&
      !this.isLeaving(join(layout.ready, recording));
    for (const name of (await this.files.list(layout.ready)).filter(isRecordingId))
      if (isOff(name))
        await this.#turns.run(name, async () => {
          if (!isOff(name)) return;
          const { stationKeys } = this.#options;
          const again = new Recovery({
            ...this.#parts,
            files: this.files,
            findings,
            stationKeys,
            index: undefined,
          });
          const entry = await again.lookAgain(name);
          if (entry === undefined) return;
          catalogue.enter(entry, entry.state);
          snapshot.changed();
          recordings.push(name);
        });
    return { recordings, findings: findings.list() };
  }

  /** Names of everything that was set aside. */
  get asideNames(): readonly string[] {
    return this.#parts.quarantine.names;
  }

  /** All recordings whose payload is here, as they are now, in no order. */
  recordings(): Iterable<RecordingGlance> {
    return this.#parts.catalogue.glances();
  }

  /** Those without a receipt that counts, the oldest first. */
  waiting(): readonly Pick<SpooledRecording, 'recording' | 'locked' | 'sealedSizeBytes'>[] {
    return this.#parts.catalogue.waiting();
  }

  /** One whose payload is here. */
  get(recording: RecordingId): SpooledRecording | undefined {
    return this.#parts.catalogue.get(recording);
  }

  /** Released recordings whose documents are here. */
  get released(): number {
    return this.#parts.rows.size;
  }

  /** A recording that is receipted may always go. */
  mayGo(): boolean {
    return true;
  }

  /** How far any recording got; undefined where nothing of it is here. */
  stateOf(recording: RecordingId): SpoolState | undefined {
    return this.#parts.holdings.stateOf(recording);
  }

  /** Any recording; a released one is read from its folder. Errors: the machine's. */
  find(recording: RecordingId): Promise<SpooledRecording | undefined> {
    return this.#parts.holdings.find(recording);
  }

  /** Whether a recording of that camera, place and size may be here; damaged ones never stand for another. */
  mayHold(camera: CameraId, file: ListedFile): boolean {
    return this.#parts.holdings.mayHold(camera, file);
  }

  /** The newest recording of that camera and place with this very content; damaged ones never stand for another. Errors: the machine's. */
  findContent(
    camera: CameraId,
    file: ListedFile,
    originalSha256: string,
  ): Promise<SpooledRecording | undefined> {
    return this.#parts.holdings.findContent(camera, file, originalSha256);
  }

  /** Recordings that were sealed in that docking, in no order. Errors: the machine's. */
  ofDocking(docking: DockingId): Promise<SpooledRecording[]> {
    return this.#parts.holdings.ofDocking(docking);
  }

  /** A whole listing of a camera: documents of what it shows stay. `pause` lets others have their turn. Errors: those of `pause`. */
  listed(camera: CameraId, shown: Iterable<ListedFile>, pause: () => Promise<void>): Promise<void> {
    return this.#parts.released.listed(camera, shown, this.#options.clock.wallMs(), pause);
  }

  /** Released recordings whose documents may go, see Released. Errors: the machine's. */
  droppable(
    question: DropQuestion & ProvenQuestion,
    from: number,
    countMax: number,
  ): Promise<{ droppable: Droppable[]; next: number }> {
    return this.#parts.released.droppable(question, from, countMax);
  }

  /** Removes documents that `droppable` gave, once the log says so. Errors: "spool.gone"; the system's. */
  async dropDocuments(recordings: readonly RecordingId[], question: DropQuestion): Promise<void> {
    await this.confirm();
    await this.#parts.released.drop(recordings, question);
  }

  /**
   * What the camera's next manifest names as its previous one. `logged`: the end of its chain in the ledger; undefined where the log tells of none.
   * Errors: only the machine's.
   */
  lastManifestSha256(camera: CameraId, logged?: ChainEnd): Promise<string | null> {
    return this.#parts.chain.previous(camera, logged);
  }

  /** `chunks.bin`, compared with the manifest. Errors: "spool.unknown", "spool.damaged". */
  async readChunks(recording: RecordingId): Promise<Uint8Array> {
    return this.#parts.holdings.readChunks(recording);
  }

  /**
   * The manifest's bytes and signature: compared with what was committed, and verified with the station's keys, before they are offered.
   * Errors: "spool.unknown", "spool.damaged".
   */
  async readManifest(recording: RecordingId): Promise<SignedBytes> {
    return this.#parts.holdings.readManifest(recording);
  }

  /** Looks whether this spool is still there, before something is written into it. Errors: "spool.gone". */
  confirm(): Promise<void> {
    return this.#parts.presence.confirm();
  }

  /** Whether the disk takes anything: begins a recording as a sealing would, and discards it. Errors: those of `stage`, the system's. */
  async tryDisk(): Promise<void> {
    const { files, random } = this.#options;
    const staging = await this.stage(makeRecordingId(random));
    try {
      await writeDurable(files, staging.payloadPath, random.bytes(TRIAL_BYTES));
      await files.syncFolder(staging.folder);
    } finally {
      await this.discard(staging);
    }
  }

  /** Ends background work and leaves a snapshot for the next start. Never rejects. */
  async close(): Promise<void> {
    this.#parts.space.stop();
    await this.#parts.reserve.stop();
    await this.#turns.idle();
    await this.#parts.snapshot.flush();
  }
}
