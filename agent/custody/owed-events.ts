// Events that the log owes: it refused them, or nobody told it yet.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { Custody } from './custody.ts';

/** Enters them in order; each leaves the list as the log takes it. Errors: "custody.overrun"; the rest is still owed then. */
export function enterOwed(custody: Pick<Custody, 'append'>, owed: CustodyEvent[]): void {
  for (let next = owed[0]; next !== undefined; next = owed[0]) {
    custody.append(next);
    owed.shift();
  }
}
