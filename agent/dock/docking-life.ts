// One docking from "docked" to "undocked" in the custody log, and what surrounds its rounds: journal, measuring, and in the end its
// record, whatever ended it.
//
// Invariants:
// 1. The journal was tried before the log says "docked", so that a docking in the log has a journal or a condition that says why not; where
//    the power goes before there is one, the next start takes the docking from the log.
// 2. Every docking that is in the log is handed over for its record.
// 3. A docking that lasts into another day ends at the first moment of rest, and another one of the same stay begins over the same session with
//    a whole listing: so the days of a camera that stays are proven by signed records.
// 4. It ended when the camera left, however long the disk takes for what was read of it: from then on the camera may record again.
import type { CameraIdentity } from '../../drivers/driver.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { NewDockingRecord } from '../../protocol/documents/docking-record.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import {
  type BayId,
  type CameraId,
  makeDockingId,
  type RecordingId,
  type StationId,
} from '../../protocol/format/ids.ts';
import { enterOwed } from '../custody/custody-log.ts';
import { DockingEntries, type DockingEntriesDeps } from '../inventory/docking-entries.ts';
import { type BayCounts, NO_ENTRIES, type PushProgress } from '../inventory/entry.ts';
import type { Vanished } from '../inventory/looks.ts';
import { type TakeDeps, Taker } from '../pull/take.ts';
import type { DockingJournal } from '../records/docking-journal.ts';
import type { Dockings } from '../records/dockings.ts';
import {
  type DockingInventory,
  type DockingOpening,
  type DockingStay,
  inventoryEvent,
  undockedEvent,
} from '../records/ended-docking.ts';
import { type BeginningDocking, NOTHING_SURE } from '../records/previous-docking.ts';
import { type EraseDeps, Eraser } from '../release/erase.ts';
import type { ClockSet } from '../seal/capture-time.ts';
import { type CommitDeps, Committer, type DockingFacts } from '../seal/commit.ts';
import type { BaySession } from './bay-place.ts';
import type { BayActivity } from './bay-state.ts';
import type { CameraHealth } from './camera-health.ts';
import { CameraMeasure, type CameraMeasureDeps } from './camera-measure.ts';
import type { CameraTwins } from './camera-register.ts';
import { DockingWatch, type DockingWatchDeps } from './docking-watch.ts';
import { Docking, News } from './docking.ts';

const DAY_MS = 86_400_000;
/** Of a wall clock that jumps, each look is of another day: no more than one docking a minute for it. */
const DOCKING_MS_MIN = 60_000;

/** What a docking works with; the same for all dockings of a bay. */
export interface DockingWork {
  readonly station: StationId;
  readonly bay: BayId;
  readonly camera: CameraId;
  readonly recipients: readonly string[];
  readonly take: TakeDeps;
  readonly commit: CommitDeps;
  readonly erase: EraseDeps;
  readonly measure: Pick<CameraMeasureDeps, 'clockSynchronised' | 'localMs' | 'startAheadMs'>;
  readonly dockings: Dockings;
  readonly twins: CameraTwins;
  /** What a person should know of the docking, and of its camera beyond it. */
  readonly watch: Pick<DockingWatchDeps, 'conditions' | 'rates'> & { readonly cameras: CameraHealth };
}

/** A camera that said who it is, as it came. */
export interface Arrival extends Pick<BeginningDocking, 'wasThere' | 'plug'> {
  readonly identity: CameraIdentity;
}

/** A docking that is over while its camera stays: what the next one of its stay goes on with, over the same session. */
export interface Continued {
  readonly entries: DockingEntries;
  readonly stay: DockingStay;
}

/** One docking of a camera. */
export class DockingLife {
  readonly #work: DockingWork;
  readonly #session: BaySession;
  readonly #arrival: Arrival;
  readonly #onChange: () => void;
  /** Until its entries were handed on. */
  #before: Continued | undefined;
  readonly #news = new News();
  #entries: DockingEntries | undefined;
  #watch: DockingWatch | undefined;
  #activity: BayActivity = 'reading';
  /** Bytes read of the entry that is being pulled now. */
  #pulledBytes = 0;
  #docked = { dockedAtMs: 0, wallAheadMs: 0 };
  #stayDockedAt: string | null = null;
  #chargePercent: number | null = null;

  /** `onChange`: something to show changed. `before`: the docking whose stay this one goes on with. */
  constructor(
    work: DockingWork,
    session: BaySession,
    arrival: Arrival,
    onChange: () => void,
    before?: Continued,
  ) {
    this.#work = work;
    this.#session = session;
    this.#arrival = arrival;
    this.#onChange = onChange;
    this.#before = before;
  }

  /** Numbers of its entries at this moment. */
  counts(progress: PushProgress): BayCounts {
    return this.#entries?.tally.counts(progress, this.#pulledBytes) ?? NO_ENTRIES;
  }
  /** Since when the camera is in its bay; null before that is known. */
  get stayDockedAt(): string | null {
    return this.#stayDockedAt;
  }
  /** Charge in percent that the camera named as it was put in; null before that, and where it names none. */
  get chargePercent(): number | null {
    return this.#chargePercent;
  }
  get activity(): BayActivity {
    return this.#activity;
  }
  /** Places of the camera that could not be listed. */
  get problems(): number {
    return this.#entries?.problems ?? 0;
  }

  /** Something outside changed: a receipt came, the folder changed. */
  wake(): void {
    this.#news.ring();
  }

  /** A recording left the spool for the quarantine. */
  quarantined(recording: RecordingId): void {
    this.#entries?.quarantined(recording);
    this.wake();
  }

  /** Files that were set aside may be tried once more. */
  tryAgain(): void {
    this.#entries?.tryAgain();
    this.wake();
  }

  /**
   * Runs until its day is over and the camera is to be listed anew: then it resolves. Rejects with the reason where the camera leaves or the
   * signal is aborted. The docking's record is on its way in either case.
   */
  async run(signal: AbortSignal): Promise<Continued> {
    const { dockings, twins, take, measure, bay, camera } = this.#work;
    const { custody, clock } = take;
    await dockings.ready(signal, () => this.#session.waits?.());
    const opening = await this.#opening();
    this.#stayDockedAt = opening.stay_docked_at;
    const { docking } = opening;
    const journal = await dockings.begin(opening);
    const { cameras } = this.#work.watch;
    const onVanished = (vanished: Vanished): void => cameras.vanished(camera, vanished);
    const onListed: DockingEntriesDeps['onListed'] = (shown, pause) =>
      take.spool.listed(camera, shown, pause);
    const measured = new CameraMeasure({ ...take, ...measure, docking, session: this.#session });
    const fileClock: DockingEntriesDeps['fileClock'] = () => measured.fileClock();
    const entries = new DockingEntries({
      docking,
      custody,
      journal,
      clock,
      fileClock,
      before: this.#before?.entries,
      onListed,
      onVanished,
    });
    this.#entries = entries;
    this.#before = undefined;
    const watch = this.#watched(entries);
    this.#watch = watch;
    const leave = twins.arrived(bay, camera, this.#arrival.identity.serial);
    let ended: NewDockingRecord['ended'] = 'failed';
    let endedAt: string | undefined;
    const onEnd = (): void => void (endedAt ??= this.#now());
    signal.addEventListener('abort', onEnd);
    try {
      custody.append({ event: 'docked', facts: { bay, camera, docking, stay: opening.stay } });
      await measured.read(signal);
      journal.measured(measured.document);
      this.#chargePercent = measured.document.condition?.battery_percent ?? null;
      cameras.docked(camera, measured.document, opening.stay !== docking);
      await this.#rounds(opening, { journal, entries, measured }, signal);
      ended = 'continued';
      const { stay, stay_docked_at, plug } = opening;
      return { entries, stay: { stay, stay_docked_at, plug } };
    } catch (error) {
      ended = endedBy(error, signal);
      throw error;
    } finally {
      onEnd();
      signal.removeEventListener('abort', onEnd);
      leave();
      watch.end();
      cameras.undocked(camera, entries.areAllHere, entries.vanished);
      const owed = await this.#enterEnd(opening, entries.unlogged);
      await journal.close();
      const { inventory, later } = entries;
      const about = { ended, ended_at: endedAt ?? this.#now(), inventory, later, entries: entries.close() };
      dockings.end({ ...opening, ...measured.document, ...about }, owed);
    }
  }

  async #rounds(
    opening: DockingOpening,
    parts: { journal: DockingJournal; entries: DockingEntries; measured: CameraMeasure },
    signal: AbortSignal,
  ): Promise<void> {
    const { work, session, news } = { work: this.#work, session: this.#session, news: this.#news };
    const facts = await this.#facts(opening, parts.measured);
    const committer = new Committer(work.commit, facts);
    const taker = new Taker(work.take, facts, session, committer, () => this.#onChange());
    const eraser = new Eraser(work.erase, facts, session);
    eraser.start();
    parts.journal.onHeld(() => news.ring());
    const docking = new Docking({
      ...parts,
      session,
      taker,
      eraser,
      news,
      custody: work.take.custody,
      clock: work.take.clock,
      isOver: () => this.#isOver(),
      onAllHere: (ending) => parts.measured.setClock(ending),
      onShow: (activity, pulledBytes) => this.#show(activity, pulledBytes),
    });
    try {
      return await docking.run(signal);
    } finally {
      eraser.end();
    }
  }

  #watched(entries: DockingEntries): DockingWatch {
    const { bay, take, watch } = this.#work;
    const { clock } = take;
    return new DockingWatch({
      ...watch,
      bay,
      clock,
      open: () => entries.tally.open,
      problems: () => entries.problems,
      problemReason: () => entries.problemReason,
    });
  }

  async #opening(): Promise<DockingOpening> {
    const { station, bay, camera, take, measure, dockings, twins } = this.#work;
    const { identity, plug, wasThere } = this.#arrival;
    const { vendor, model, serial, firmware } = identity;
    const { clock } = take;
    const dockedAtMs = clock.wallMs();
    const docking = makeDockingId(take.random);
    const dockedAt = new Date(dockedAtMs).toISOString();
    this.#docked = { dockedAtMs, wallAheadMs: dockedAtMs - clock.monotonicMs() };
    const beginning = { docking, docked_at: dockedAt, bay, camera, plug };
    // Of two cameras by one id nobody knows which of them was here before.
    const stay =
      this.#before?.stay ??
      (await dockings.stayOf({ ...beginning, wasThere: wasThere && !twins.hasTwin(bay, camera) }));
    return {
      ...stay,
      docking,
      station,
      bay,
      camera: {
        id: camera,
        vendor: said(vendor),
        model: said(model),
        serial: said(serial),
        firmware: said(firmware),
      },
      docked_at: dockedAt,
      clock_synchronised: measure.clockSynchronised(),
    };
  }

  /** The station's local day is another one than that on which the docking began, a minute went by since, and the disk keeps up with records. */
  #isOver(): boolean {
    const { measure, dockings, take } = this.#work;
    const { dockedAtMs, wallAheadMs } = this.#docked;
    const dayOf = (wallMs: number): number => Math.floor(measure.localMs(wallMs) / DAY_MS);
    const lastedMs = take.clock.monotonicMs() - (dockedAtMs - wallAheadMs);
    return lastedMs >= DOCKING_MS_MIN && dayOf(take.clock.wallMs()) !== dayOf(dockedAtMs) && !dockings.isFull;
  }

  /** What every manifest of this docking says, and what its capture times are corrected by. */
  async #facts(opening: DockingOpening, measured: CameraMeasure): Promise<DockingFacts> {
    const { station, bay, camera, recipients, dockings, twins } = this.#work;
    const { docking, clock_synchronised: clockSynchronised } = opening;
    // Of two cameras by one id nobody knows which of them was here before.
    const previous = twins.hasTwin(bay, camera) ? NOTHING_SURE : await dockings.previous(camera);
    const { reading } = measured;
    const clockSet = (): ClockSet | undefined => measured.clockSet;
    const time = { ...this.#docked, clockSynchronised, reading, clockSet, previous };
    return { station, bay, docking, camera, identity: this.#arrival.identity, recipients, time };
  }

  /** What the log does not take, in order: it is owed to it. `unlogged`: the first listing where it does not have that yet. */
  async #enterEnd(opening: DockingOpening, unlogged: DockingInventory | null): Promise<CustodyEvent[]> {
    const { custody, log } = this.#work.take;
    const failed = (error: unknown): void => log.error('custody log not written', { error });
    const owed = unlogged === null ? [] : [inventoryEvent(opening.docking, unlogged)];
    owed.push(undockedEvent(opening));
    try {
      enterOwed(custody, owed);
    } catch (error) {
      failed(error);
      return owed;
    }
    await custody.checkpoint().catch(failed); // it is taken, and written as soon as the disk lets it be
    return owed;
  }

  #now(): string {
    return new Date(this.#work.take.clock.wallMs()).toISOString();
  }

  #show(activity: BayActivity, pulledBytes: number): void {
    this.#activity = activity;
    this.#pulledBytes = pulledBytes;
    this.#watch?.shows(activity, pulledBytes);
    this.#onChange();
  }
}

/** The signal is aborted by the station's stop, or with the reason that the camera left. */
function endedBy(error: unknown, signal: AbortSignal): NewDockingRecord['ended'] {
  const reason: unknown = signal.aborted ? signal.reason : error;
  if (isDockError(reason, 'driver.detached')) return 'unplugged';
  return signal.aborted ? 'stopped' : 'failed';
}

/** A text of a camera as a document holds it. */
function said(text: string | null): string | null {
  return text === null ? null : text.slice(0, 128).toWellFormed();
}
