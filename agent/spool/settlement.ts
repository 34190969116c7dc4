// The settlement of what lies in the spool's folders against the ledger, at each start (SPEC 4.3.9.10). A file is durable first, and then its entry: a cut
// between the two, or a log that was lost, leaves a folder without its entry, or an entry without its folder.
//
// Invariants:
// 1. What is here and has no entry gets it before it is offered: `spooled`, `docking-recorded` or `document-recorded`, marked as settled.
// 2. A receipt that has no entry counts once it was verified again; one that does not verify goes to the quarantine.
// 3. What left the spool without its entry gets that one: `quarantined` or `spool-reclaimed`. Of what else is not here nothing is said: it may be on a
//    disk that is put in again some day.
// 4. Nothing is changed in any folder but for such a receipt, so a settlement that is cut off is made again.
import { join } from 'node:path';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { describeError } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import { pauseWhatever } from '../../protocol/format/slowly.ts';
import type { CustodyLog } from '../custody/custody-log.ts';
import { ITEM } from '../custody/ledger.ts';
import { PAYLOAD_NAME, type SpoolLayout } from './layout.ts';
import { nameBefore } from './quarantine.ts';
import type { ItemType, SignedItem, SignedItems } from './signed-items.ts';
import type { Spool } from './spool.ts';

/** The start does not know any more why it was quarantined. */
const REASON = 'set aside before this start, which found no entry of it';
/** Names that are looked at between two pauses, and items whose entries are made durable together. */
const NAMES = 1000;
const ITEMS = 20;
/** After a failure, before all is looked at again. */
const AGAIN_MS = 10_000;

export interface SettlementOptions {
  readonly items: SignedItems;
  readonly custody: Pick<CustodyLog, 'append' | 'checkpoint' | 'isEntered' | 'isWhole' | 'ledger'>;
  readonly spool: Pick<Spool, 'asideNames'>;
  readonly layout: Pick<SpoolLayout, 'released' | 'dockings' | 'reports' | 'texts'>;
  readonly files: Pick<Files, 'stat'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

/** What the log lacks of one that is here, the last one marked. Errors: the machine's. */
async function settledEvents(type: ItemType, item: RecordingId): Promise<CustodyEvent[]> {
  const found = type.store.get(item);
  const end = found && (await type.chainEnd(found));
  const now = type.store.get(item);
  if (now === undefined) return [];
  const mark = { settled: true, ...end };
  return type
    .entries(now)
    .map((event, at, all) =>
      at === all.length - 1 ? { ...event, facts: { ...event.facts, ...mark } } : event,
    );
}

/** Of one station. */
export class Settlement {
  readonly #options: SettlementOptions;

  constructor(options: SettlementOptions) {
    this.#options = options;
  }

  /** Enters what is here and has no entry, again and again until the disk takes it, or until the signal is aborted. Never rejects. */
  async enter(signal: AbortSignal): Promise<void> {
    const { items, clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        for (const type of items.types) await this.#enterType(type, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn('spool not settled against the custody log, will retry', { error: describeError(error) });
        await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Takes receipts of another run back that have no entry. Never rejects: what fails is made up for before anything is erased for it, or by the next start. */
  async receipts(signal: AbortSignal): Promise<void> {
    const { items, custody, log } = this.#options;
    try {
      for (const type of items.types)
        for (const [at, item] of (await this.#withoutReceiptEntry(type)).entries()) {
          if (signal.aborted) return;
          await items
            .makeUp([item])
            .catch((error: unknown) =>
              log.warn('receipt not settled', { item, error: describeError(error) }),
            );
          if (at % ITEMS === ITEMS - 1) await custody.checkpoint();
        }
      await custody.checkpoint();
    } catch (error) {
      log.warn('earlier receipts not settled', { error: describeError(error) });
    }
  }

  /** Names of the quarantine as they were before. */
  get aside(): ReadonlySet<string> {
    return new Set(this.#options.spool.asideNames.map(nameBefore));
  }

  /** Entries that the log lacks of what left. Errors: the system's where the disk does not say what lies there. */
  async find(): Promise<CustodyEvent[]> {
    const { custody, clock } = this.#options;
    const { aside } = this;
    const pause = pauseWhatever(clock);
    const found: CustodyEvent[] = [];
    let names = 0;
    for (const [name, bits] of custody.ledger.items) {
      if (++names % NAMES === 0) await pause();
      if ((bits & ITEM.left) !== 0 || this.#isHere(name)) continue;
      if (aside.has(name)) found.push({ event: 'quarantined', facts: { name, reason: REASON } });
      else if ((bits & ITEM.onceReceipted) !== 0 && (await this.#isReclaimed(name)))
        found.push({ event: 'spool-reclaimed', facts: { recording: name } });
    }
    return found;
  }

  /** What that event says left the spool did so by an entry. */
  hasLeft({ facts }: CustodyEvent): boolean {
    const bits = this.#options.custody.ledger.bits((facts['recording'] ?? facts['name']) as RecordingId);
    return bits === 0 || (bits & ITEM.left) !== 0;
  }

  /** The oldest first: the end of a chain comes last. Errors: those of the log; the machine's. */
  async #enterType(type: ItemType, signal: AbortSignal): Promise<void> {
    const { custody, log } = this.#options;
    // Where a segment is not shown, it may be in there: a second entry would say something else.
    const lacking = await this.#picked(
      type,
      ({ recording }) => custody.isWhole && !custody.isEntered(recording, type.entered),
    );
    const dated = lacking.map((item) => ({ item, sealedAt: type.store.get(item)?.sealedAt ?? '' }));
    dated.sort((a, b) => (a.sealedAt < b.sealedAt ? -1 : 1));
    for (const [at, { item }] of dated.entries()) {
      for (const event of await settledEvents(type, item)) custody.append(event);
      if (at % ITEMS === ITEMS - 1) await custody.checkpoint();
      signal.throwIfAborted();
    }
    if (lacking.length === 0) return;
    await custody.checkpoint();
    log.warn('pending log entries written for what is in the spool', {
      kind: type.kind,
      entries: lacking.length,
    });
  }

  #withoutReceiptEntry(type: ItemType): Promise<RecordingId[]> {
    const { custody } = this.#options;
    return this.#picked(
      type,
      ({ recording, state }) => state === 'receipted' && !custody.isEntered(recording, ITEM.receipted),
    );
  }

  async #picked(
    type: ItemType,
    isWanted: (item: Pick<SignedItem, 'recording' | 'state'>) => boolean,
  ): Promise<RecordingId[]> {
    const pause = pauseWhatever(this.#options.clock);
    const picked: RecordingId[] = [];
    const all = [...type.store.recordings()].map(({ recording, state }) => ({ recording, state })); // they change between two pauses
    for (const [at, item] of all.entries()) {
      if (at % NAMES === NAMES - 1) await pause();
      if (isWanted(item)) picked.push(item.recording);
    }
    return picked;
  }

  #isHere(name: RecordingId): boolean {
    const state = this.#options.items.stateOf(name);
    return state === 'spooled' || state === 'receipted';
  }

  /**
   * A recording leaves its documents behind, also where the store asked for it again since. Of a document without payload nothing stays, and one that is
   * away without a trace had its receipt.
   */
  async #isReclaimed(name: RecordingId): Promise<boolean> {
    const { custody, layout, files } = this.#options;
    if ((custody.ledger.bits(name) & ITEM.recorded) !== 0) {
      for (const folder of [layout.dockings, layout.reports, layout.texts])
        if ((await files.stat(join(folder, name))) !== undefined) return false;
      return true;
    }
    const folder = join(layout.released, name);
    if ((await files.stat(folder))?.kind !== 'folder') return false;
    return (await files.stat(join(folder, PAYLOAD_NAME))) === undefined;
  }
}
