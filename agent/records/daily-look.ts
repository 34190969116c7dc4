// A look once a day at what the disk withheld when this station started, and at the quarantine: a station that nobody attends does not start for months
// (SPEC 4.3.9.7). A recording in the quarantine stays there: as long as its file is on a camera, the next docking reads that again.
import type { ItemKind } from '../../protocol/documents/item-documents.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { appendOrLog, type CustodyLog } from '../custody/custody-log.ts';
import { ITEM } from '../custody/ledger.ts';
import type { DocumentStore } from '../spool/document-store.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { Spool } from '../spool/spool.ts';

const DAY_MS = 86_400_000;

export interface DailyLookOptions {
  readonly spool: Pick<Spool, 'confirm' | 'lookAtQuarantine' | 'lookAgain'>;
  readonly items: Pick<SignedItems, 'restored'>;
  /** Those of all types without payload. */
  readonly documents: ReadonlyMap<ItemKind, Pick<DocumentStore, 'lookAgain'>>;
  readonly custody: Pick<CustodyLog, 'append' | 'isEntered'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

/** Of one station. */
export class DailyLook {
  readonly #options: DailyLookOptions;

  constructor(options: DailyLookOptions) {
    this.#options = options;
  }

  /** Until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.sleep(DAY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.look();
    }
  }

  /** One look. Never rejects: what the disk refuses is looked at again the day after. */
  async look(): Promise<void> {
    const { spool, documents, custody, log } = this.#options;
    try {
      await spool.confirm();
      await spool.lookAtQuarantine();
      for (const [kind, store] of documents) {
        const { items, findings } = await store.lookAgain((each) => custody.isEntered(each, ITEM.recorded));
        this.#found(kind, items, findings);
      }
      const recording = await spool.lookAgain((each) => custody.isEntered(each, ITEM.spooled));
      this.#found('recording', recording.recordings, recording.findings);
    } catch (error) {
      log.warn('daily look at withheld and quarantined items failed, will retry', { error });
    }
  }

  #found(kind: ItemKind, items: readonly RecordingId[], findings: readonly RecoveryFinding[]): void {
    const { items: all, custody, log } = this.#options;
    for (const item of items) {
      log.warn('item that the disk withheld is here again', { kind, item });
      all.restored(kind, item);
    }
    for (const { kind: found, name, reason } of findings)
      if (found === 'quarantined')
        appendOrLog(custody, log, { event: 'quarantined', facts: { name, reason } });
  }
}
