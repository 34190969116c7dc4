// The custody port: what the stages of a recording tell the log. The writer is custody-log.ts; the events are in protocol/SPEC.md, 4.3.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { Log } from '../../protocol/format/ports.ts';

/** Appends are ordered and kept in memory until the next checkpoint; nothing may be claimed to anybody before it. */
export interface Custody {
  append(event: CustodyEvent): void;
  /**
   * Resolves when everything appended so far is durable and under a signed checkpoint. With `patienceMs`, whoever waits shares the one that
   * somebody else makes, and makes none before that time. Rejects "custody.write-failed".
   */
  checkpoint(patienceMs?: number): Promise<void>;
}

/** Appends what is true whether or not the log takes it; where it does not, the program's own log says so. Returns whether it was taken. */
export function appendOrLog(
  custody: Pick<Custody, 'append'>,
  log: Pick<Log, 'error'>,
  ...events: readonly CustodyEvent[]
): boolean {
  try {
    for (const event of events) custody.append(event);
    return true;
  } catch (error) {
    log.error('custody log entry rejected', { ...events[0]?.facts, error });
    return false;
  }
}

// Events that the log owes: it refused them, or nobody told it yet.

/** Enters them in order; each leaves the list as the log takes it. Errors: "custody.overrun"; the rest is still owed then. */
export function enterOwed(custody: Pick<Custody, 'append'>, owed: CustodyEvent[]): void {
  for (let next = owed[0]; next !== undefined; next = owed[0]) {
    custody.append(next);
    owed.shift();
  }
}
