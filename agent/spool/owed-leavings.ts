// What left the spool while a cut kept the entry of it out of the log: copies that were reclaimed, and what was set aside. Both are entered behind
// what the disk shows already, so that a full disk that takes no entry still gets room; the start makes up for what is owed (SPEC 4.3.5). Reads only.
import { join } from 'node:path';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Files } from '../../protocol/format/ports.ts';
import { pauseWhatever } from '../../protocol/format/slowly.ts';
import { PAYLOAD_NAME, type SpoolLayout } from './layout.ts';
import { nameBefore } from './quarantine.ts';
import type { SpoolState } from './spooled-recording.ts';
import { ITEM, type Ledger } from '../custody/ledger.ts';

/** The start does not know any more why it was set aside. */
const REASON = 'set aside before this start, which found no entry of it';

export interface OwedLeavingsOptions {
  readonly ledger: Pick<Ledger, 'items' | 'bits'>;
  readonly spool: {
    stateOf(recording: RecordingId): SpoolState | undefined;
    readonly asideNames: readonly string[];
  };
  /** Docking records. */
  readonly records: { stateOf(record: RecordingId): unknown };
  readonly layout: Pick<SpoolLayout, 'released' | 'dockings'>;
  readonly files: Pick<Files, 'stat'>;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Names that are looked at between two pauses. */
const NAMES = 1000;

/** Compares what earlier runs logged with what is here. */
export class OwedLeavings {
  readonly #options: OwedLeavingsOptions;

  constructor(options: OwedLeavingsOptions) {
    this.#options = options;
  }

  /** Names of the quarantine as they were before. */
  get aside(): ReadonlySet<string> {
    return new Set(this.#options.spool.asideNames.map(nameBefore));
  }

  /** Entries that the log lacks. Errors: the system's where the disk does not say what lies there. */
  async find(): Promise<CustodyEvent[]> {
    const { ledger, clock } = this.#options;
    const { aside } = this;
    const pause = pauseWhatever(clock);
    const owed: CustodyEvent[] = [];
    let names = 0;
    for (const [name, bits] of ledger.items) {
      if (++names % NAMES === 0) await pause();
      if ((bits & ITEM.left) !== 0 || this.#isHere(name)) continue;
      if (aside.has(name)) owed.push({ event: 'quarantined', facts: { name, reason: REASON } });
      else if ((bits & ITEM.onceReceipted) !== 0 && (await this.#isReclaimed(name)))
        owed.push({ event: 'spool-reclaimed', facts: { recording: name } });
    }
    return owed;
  }

  /** What that event says left the spool did so by an entry. */
  hasLeft({ facts }: CustodyEvent): boolean {
    const bits = this.#options.ledger.bits((facts['recording'] ?? facts['name']) as RecordingId);
    return bits === 0 || (bits & ITEM.left) !== 0;
  }

  #isHere(name: RecordingId): boolean {
    const { spool, records } = this.#options;
    const state = spool.stateOf(name);
    return state === 'spooled' || state === 'receipted' || records.stateOf(name) !== undefined;
  }

  /**
   * A recording leaves its documents behind, also where the store asked for it again since. Of a docking record nothing stays, and one that is
   * away without a trace had its receipt. What else is not here may be on a disk that is put back some day: nothing is said of it.
   */
  async #isReclaimed(name: RecordingId): Promise<boolean> {
    const { ledger, layout, files } = this.#options;
    if ((ledger.bits(name) & ITEM.recorded) !== 0)
      return (await files.stat(join(layout.dockings, name))) === undefined;
    const folder = join(layout.released, name);
    if ((await files.stat(folder))?.kind !== 'folder') return false;
    return (await files.stat(join(folder, PAYLOAD_NAME))) === undefined;
  }
}
