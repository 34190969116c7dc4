// The dockings of one station as far as they are written down: a journal while one lasts, a record when it is over, also where a cut
// ended it, and what the previous one of a camera says about the next.
import { join } from 'node:path';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { keyIdHex } from '../../protocol/documents/minisign.ts';
import {
  type CameraId,
  type DockingId,
  parseRecordingId,
  type StationId,
} from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { Custody } from '../custody/custody-log.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { Spool } from '../spool/spool.ts';
import { type CutOffDeps, endCutOff } from './cut-off.ts';
import { DockingEndings } from './docking-endings.ts';
import { DockingJournal, type JournalDeps, removeJournal } from './docking-journal.ts';
import type { DockingRecords, DockingRecordsOptions } from './docking-records.ts';
import { type DockingOpening, type DockingStay, type EndedDocking, inventoryEvent } from './ended-docking.ts';
import { INVENTORY_SUFFIX } from './journal-files.ts';
import { type OpenDocking, recoverJournals } from './journal-recovery.ts';
import {
  type BeginningDocking,
  type LastDocking,
  type PreviousDocking,
  previousFromEnded,
  previousFromRecord,
  stayOfBeginning,
} from './previous-docking.ts';

/** Pause between two looks whether another docking may begin. */
const FULL_MS = 1000;
/**
 * Newest segments in which a docking may have begun that has no record: 8 MiB of log. One that is cut off while no journal of it can be written began
 * a short time before.
 */
const UNRECORDED_SEGMENTS = 4;

export interface DockingsOptions extends Omit<
  DockingRecordsOptions,
  'spool' | 'lastRecorded' | 'storeKeys' | 'policy'
> {
  readonly records: DockingRecords;
  readonly items: Pick<SignedItems, 'enterSpooled' | 'announceSpooled'>;
  readonly station: StationId;
  readonly spool: DockingRecordsOptions['spool'] & Pick<Spool, 'stateOf' | 'ofDocking'>;
  readonly custody: Custody & CutOffDeps['custody'];
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Journals and records of one spool. */
export class Dockings {
  readonly records: DockingRecords;
  readonly #options: DockingsOptions;
  readonly #journals: JournalDeps;
  readonly #endings: DockingEndings;
  readonly #open: readonly OpenDocking[];
  #recovered: Promise<void> = Promise.resolve();

  private constructor(options: DockingsOptions, open: readonly OpenDocking[]) {
    const { records } = options;
    this.#options = options;
    this.records = records;
    this.#open = open;
    this.#journals = { ...options, syncs: records.writing.syncs };
    this.#endings = new DockingEndings({
      ...options,
      removeJournal: ({ docking }) => removeJournal(this.#journals, docking),
    });
  }

  /** Recovers journals. Errors: the system's where their folder cannot be listed; the machine's. */
  static async open(
    options: DockingsOptions,
  ): Promise<{ dockings: Dockings; findings: readonly RecoveryFinding[] }> {
    const { records } = options;
    const journals = await recoverJournals(options);
    // A first part says that all of them are there. Before anything is pushed and before any record is made.
    for (const docking of unfinished(options.custody, records, journals.open))
      await records.removeUnclaimed(docking);
    return {
      dockings: new Dockings(options, journals.open),
      findings: journals.findings,
    };
  }

  /** Ends, after the start, the dockings that a cut left open. */
  start(): void {
    this.#recovered = this.#recover();
  }

  /** Waits until a docking may begin: cut-off ones were ended, and not too many wait for the disk. Errors: the signal's reason. */
  async ready(signal: AbortSignal, onWaiting: () => void = () => undefined): Promise<void> {
    await this.#recovered;
    while (this.#endings.isFull) {
      onWaiting();
      await this.#options.clock.sleep(FULL_MS, signal);
    }
    signal.throwIfAborted();
  }

  /** Too many dockings wait for the disk: none should end only to begin another one. */
  get isFull(): boolean {
    return this.#endings.isFull;
  }

  /** The stay that a docking begins, or goes on with. Never rejects. */
  async stayOf(beginning: BeginningDocking): Promise<DockingStay> {
    await this.#recovered;
    const last = beginning.wasThere ? await this.#last(beginning.camera) : undefined;
    return stayOfBeginning(beginning, last);
  }

  /** A docking begins. Resolves after the first attempt to write its journal, and never rejects. */
  begin(opening: DockingOpening): Promise<DockingJournal> {
    return DockingJournal.begin(this.#journals, opening);
  }

  /**
   * A docking is over: its record is made, in the background. Its journal must be closed. `owed`: what the log has not taken of it yet, in
   * order; the record waits until it has.
   */
  end(ended: EndedDocking, owed: readonly CustodyEvent[] = []): void {
    this.#endings.add(ended, owed);
  }

  /** What the camera's previous docking says about the next one; null where there was none. Never rejects. */
  async previous(camera: CameraId): Promise<PreviousDocking | null> {
    await this.#recovered;
    const waiting = this.#endings.newest(camera);
    if (waiting !== undefined) return previousFromEnded(waiting);
    return previousFromRecord(this.records, camera, this.#options.log);
  }

  /** Makes records of what is over, one attempt each; the next start does what fails. Never rejects. */
  async settle(): Promise<void> {
    await this.#recovered;
    await this.#endings.settle();
  }

  /** The camera's last docking; undefined where it is not surely known, and where another key signed it: chains end with their keys. */
  async #last(camera: CameraId): Promise<LastDocking | undefined> {
    const waiting = this.#endings.newest(camera);
    if (waiting !== undefined) return { bay: waiting.bay, ended: waiting.ended, stay: stayIn(waiting) };
    const { records } = this;
    const { stationKeys } = this.#options;
    const [facts] = records.newest(camera)?.parts ?? [];
    const [own] = stationKeys;
    const isOwn = own !== undefined && facts?.keyId === keyIdHex(own.keyId);
    return isOwn ? facts : undefined;
  }

  async #recover(): Promise<void> {
    const began = [...this.#open.map((open) => ({ open, at: beganAt(open) })), ...this.#unjournalled()];
    const oldestFirst = began.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ open }) => open);
    for (const open of oldestFirst) {
      if (!this.#isKnown(open)) continue;
      try {
        await this.#endCutOff(open);
      } catch (error) {
        this.#options.log.error('interrupted docking not recorded, will retry at next start', {
          docking: open.docking,
          error,
        });
      }
    }
  }

  /** False where a segment that the disk does not show may tell of its record: another one would contradict that. */
  #isKnown({ docking }: OpenDocking): boolean {
    const { custody, log } = this.#options;
    const began = custody.ledger.dockings.get(docking);
    if (custody.isWhole || (began !== undefined && custody.isWholeSince(began.segment))) return true;
    log.error('interrupted docking not recorded: custody log not readable, will retry at next start', {
      docking,
    });
    return false;
  }

  /** Dockings that only the log knows: the disk refused their journals, and then the power went. */
  #unjournalled(): { open: OpenDocking; at: string }[] {
    const { custody } = this.#options;
    const journalled = new Set(this.#open.map(({ docking }) => docking));
    const newest = new Set(
      custody
        .segments()
        .slice(-UNRECORDED_SEGMENTS)
        .map(({ segment }) => segment),
    );
    return [...custody.ledger.dockings]
      .filter(
        ([docking, { segment }]) =>
          newest.has(segment) && !journalled.has(docking) && !custody.ledger.recorded.has(docking),
      )
      .map(([docking, { at }]) => ({
        open: { docking, opening: undefined, inventory: undefined },
        at: `${at} ${docking}`,
      }));
  }

  async #endCutOff(open: OpenDocking): Promise<void> {
    const { docking } = open;
    const isWhole = this.records.store.get(parseRecordingId(docking)) !== undefined;
    const cutOff = isWhole
      ? ({ kind: 'recorded' } as const)
      : await lookPatiently(() => endCutOff(this.#options, open));
    if (cutOff.kind === 'recorded') return removeJournal(this.#journals, docking);
    if (cutOff.kind === 'unknown') return this.#setAside(docking);
    const { ended, unlogged } = cutOff;
    // The record must not say what the log does not: that looks like a forgery.
    this.end(ended, unlogged === undefined ? [] : [inventoryEvent(docking, unlogged)]);
  }

  /** What is left of a journal without an opening, of a docking that the log does not know either. */
  async #setAside(docking: DockingId): Promise<void> {
    const { spool, custody, log } = this.#options;
    const reason = 'nothing says of which camera this docking was';
    log.error('interrupted docking without a record', { docking, reason });
    const name = docking + INVENTORY_SUFFIX;
    const moved = await spool.setAside(join(spool.layout.docked, name), reason, name);
    if (moved !== undefined) custody.append({ event: 'quarantined', facts: { name: moved, reason } });
  }
}

function stayIn({ stay, stay_docked_at, plug }: EndedDocking): DockingStay {
  return { stay, stay_docked_at, plug };
}

function beganAt({ opening, docking }: OpenDocking): string {
  return `${opening?.docked_at ?? '~'} ${docking}`;
}

/** Dockings of which parts are here without the first one, and that no record was claimed of. None as long as the log is not shown. */
function unfinished(
  { ledger, isWhole }: Pick<CutOffDeps['custody'], 'ledger' | 'isWhole'>,
  records: DockingRecords,
  open: readonly OpenDocking[],
): DockingId[] {
  const inParts = new Set([...records.store.recordings()].map(({ facts }) => facts.docking));
  const begun = new Set([...open.map(({ docking }) => docking), ...ledger.dockings.keys()]);
  return [...inParts].filter(
    (docking) =>
      isWhole &&
      begun.has(docking) &&
      !ledger.recorded.has(docking) &&
      records.store.get(parseRecordingId(docking)) === undefined &&
      records.partsOf(docking).every(({ state }) => state === 'spooled'),
  );
}
