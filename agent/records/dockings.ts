// The dockings of one station as far as they are written down: a journal while one lasts, a record when it is over, also where a cut
// ended it, and what the previous one of a camera says about the next.
import { join } from 'node:path';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { keyIdHex } from '../../protocol/documents/minisign.ts';
import {
  parseRecordingId,
  type CameraId,
  type DockingId,
  type StationId,
} from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { PreviousDocking } from '../seal/capture-time.ts';
import type { Custody } from '../custody/custody.ts';
import { lastOfCamera } from '../custody/last-of-camera.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import type { Spool } from '../spool/spool.ts';
import { endCutOff, type CutOffDeps } from './cut-off.ts';
import { unrecordedDockings, visitDocking } from './docking-log.ts';
import { DockingEndings } from './docking-endings.ts';
import { DockingJournal, removeJournal, type JournalDeps } from './docking-journal.ts';
import { DockingRecords, type DockingRecordsOptions } from './docking-records.ts';
import { inventoryEvent, type DockingOpening, type DockingStay, type EndedDocking } from './ended-docking.ts';
import { INVENTORY_SUFFIX } from './journal-files.ts';
import { recoverJournals, type OpenDocking } from './journal-recovery.ts';
import { previousFromEnded, previousFromRecord } from './previous-docking.ts';
import { stayOfBeginning, type BeginningDocking, type LastDocking } from './stay.ts';
import type { StoredRecord } from './stored-record.ts';

/** Pause between two looks whether another docking may begin. */
const FULL_MS = 1000;

export interface DockingsOptions extends Omit<DockingRecordsOptions, 'spool' | 'lastRecorded'> {
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
  #onRecorded: (part: StoredRecord, isLogged: boolean) => void = () => undefined;

  private constructor(options: DockingsOptions, records: DockingRecords, open: readonly OpenDocking[]) {
    this.#options = options;
    this.records = records;
    this.#open = open;
    this.#journals = { ...options, syncs: records.writing.syncs };
    this.#endings = new DockingEndings({
      ...options,
      records,
      removeJournal: ({ docking }) => removeJournal(this.#journals, docking),
      onRecorded: (...recorded) => this.#onRecorded(...recorded),
    });
  }

  /** Recovers records and journals. Errors: the system's where their folders cannot be listed; the machine's. */
  static async open(
    options: DockingsOptions,
  ): Promise<{ dockings: Dockings; findings: readonly RecoveryFinding[] }> {
    const { records, findings } = await DockingRecords.open({
      ...options,
      lastRecorded: (camera) => lastOfCamera(options.custody, camera, 'docking-recorded'),
    });
    const journals = await recoverJournals(options);
    // A first part says that all of them are there. Before anything is pushed and before any record is made.
    for (const docking of await unfinished(options, records, journals.open))
      await records.removeUnclaimed(docking);
    return {
      dockings: new Dockings(options, records, journals.open),
      findings: [...findings, ...journals.findings],
    };
  }

  /**
   * Ends, behind the start, the dockings that a cut left open. From here on the one handler hears of each part that became durable, with
   * false where the log could not take its entry; it must not throw.
   */
  start(onRecorded: (part: StoredRecord, isLogged: boolean) => void): void {
    this.#onRecorded = onRecorded;
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
    const { log, stationKeys } = this.#options;
    await records
      .lookAgain()
      .catch((error: unknown) => log.warn('docking records not verified again', { error }));
    const [facts] = records.newest(camera)?.parts ?? [];
    const [own] = stationKeys;
    const isOwn = own !== undefined && facts?.keyId === keyIdHex(own.keyId);
    return isOwn && !records.mayHaveNewer(camera) ? facts : undefined;
  }

  async #recover(): Promise<void> {
    const began = [
      ...this.#open.map((open) => ({ open, at: beganAt(open) })),
      ...(await this.#unjournalled()),
    ];
    const oldestFirst = began.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ open }) => open);
    for (const open of oldestFirst) {
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

  /** Dockings that only the log knows: the disk refused their journals, and then the power went. */
  async #unjournalled(): Promise<{ open: OpenDocking; at: string }[]> {
    const { custody, log } = this.#options;
    const journalled = new Set(this.#open.map(({ docking }) => docking));
    try {
      const unrecorded = await lookPatiently(() => unrecordedDockings(custody));
      return unrecorded
        .filter(({ docking }) => !journalled.has(docking))
        .map(({ docking, dockedAt }) => ({
          open: { docking, opening: undefined, inventory: undefined },
          at: `${dockedAt} ${docking}`,
        }));
    } catch (error) {
      log.error('search for dockings without a record failed, will retry at next start', { error });
      return [];
    }
  }

  async #endCutOff(open: OpenDocking): Promise<void> {
    const { docking } = open;
    const isWhole = this.records.get(parseRecordingId(docking)) !== undefined;
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

/** Dockings of which parts are here without the first one, and that no record was claimed of: by the log alone where the disk took no journal either. */
async function unfinished(
  options: DockingsOptions,
  records: DockingRecords,
  open: readonly OpenDocking[],
): Promise<DockingId[]> {
  const all = new Set([...records.recordings()].map(({ facts }) => facts.docking));
  const inParts = [...all].filter((docking) => records.get(parseRecordingId(docking)) === undefined);
  const journalled = new Set(open.map(({ docking }) => docking));
  const found: DockingId[] = [];
  for (const docking of inParts.filter((each) => journalled.has(each)))
    if (!(await mayBeRecorded(options, docking))) found.push(docking);
  const others = inParts.filter((each) => !journalled.has(each));
  if (others.length === 0) return found;
  const unrecorded = new Set(await unrecordedOf(options));
  return [...found, ...others.filter((each) => unrecorded.has(each))];
}

/** None where the log is not shown. */
async function unrecordedOf({ custody, log }: DockingsOptions): Promise<DockingId[]> {
  try {
    return (await lookPatiently(() => unrecordedDockings(custody))).map(({ docking }) => docking);
  } catch (error) {
    log.warn('parts of docking records kept: log does not show whether they were completed', { error });
    return [];
  }
}

/** Whether the log tells of the docking's record: its first part has gone then, and its journal could not be removed. Also where the log is not shown. */
async function mayBeRecorded({ custody, log }: DockingsOptions, docking: DockingId): Promise<boolean> {
  try {
    return await lookPatiently(async () => {
      let isRecorded = false;
      await visitDocking(custody, docking, ({ event }) => {
        isRecorded ||= event === 'docking-recorded';
      });
      return isRecorded;
    });
  } catch (error) {
    log.warn('parts of a docking record kept: log does not show whether it was completed', {
      docking,
      error,
    });
    return true;
  }
}
