// Compares what the store's own logs say of one recording's orders with the orders that lie here, with the rules of `bodydock verify`.
// Pure. Entries are followed as they are read.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { OrderBook } from '../verify/order-book.ts';
import type { FoundOrder } from '../verify/order-check.ts';
import { PlaceFacts } from '../verify/place-facts.ts';
import type { CheckedRecording } from '../verify/recording-check.ts';
import type { Remark } from '../verify/remark.ts';
import { StoreLog } from '../verify/store-log.ts';

/** What lies here of one recording. */
export interface OrderedRecording {
  readonly id: string;
  readonly station: string | undefined;
  /** Undefined where nothing lies here. */
  readonly checked: CheckedRecording | undefined;
  /** Orders of its station that can be read. */
  readonly orders: readonly FoundOrder[];
}

/** What the logs of all receivers say of one recording. */
export class StoreAccount {
  readonly #log = new StoreLog();

  /** Takes the next entry about the recording, for which a signature stands. */
  take(receiver: string, entry: CustodyEntry): void {
    this.#log.take(receiver, entry);
  }

  /** A log was read to its end. */
  read(where: string): void {
    this.#log.places.push(where);
  }

  /** Every difference; asked once, behind the last entry. */
  remarks({ id, station, checked, orders }: OrderedRecording): Remark[] {
    const facts = new PlaceFacts();
    if (checked !== undefined) facts.takeRecording(checked, station);
    const own = orders.filter(({ order }) => order.recording === id);
    return new OrderBook(own, facts, this.#log).remarks(facts);
  }
}
