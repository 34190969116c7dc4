// Offers a docking's record behind the log that tells of the docking. The receipt names the head of the log that the store holds by then
// (SPEC 4.2), so it proves that camera's whole visit, its erasures among it; a record that overtook the log would prove it a docking later.
import type { StoredRecord } from '../records/stored-record.ts';
import type { CustodyPush } from './custody-push.ts';
import type { Pusher } from './push.ts';

/** A store that does not sign for the log gets the record behind so long all the same. */
const LOG_MS_MAX = 1000;

/** The records of dockings on their way to the pusher. */
export class RecordsBehindLog {
  readonly #log: Pick<CustodyPush, 'level'>;
  readonly #pusher: Pick<Pusher, 'add'>;
  readonly #waiting = new Set<Promise<void>>();

  constructor(log: Pick<CustodyPush, 'level'>, pusher: Pick<Pusher, 'add'>) {
    this.#log = log;
    this.#pusher = pusher;
  }

  /** `isLogged`: see Pusher.add. Never throws. */
  add(part: StoredRecord, isLogged: boolean): void {
    const waiting = this.#add(part, isLogged).finally(() => this.#waiting.delete(waiting));
    this.#waiting.add(waiting);
  }

  /** Resolves when the pusher has all that was added. Never rejects. */
  async settle(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  async #add(part: StoredRecord, isLogged: boolean): Promise<void> {
    await this.#log.level(LOG_MS_MAX);
    this.#pusher.add(part, isLogged);
  }
}
