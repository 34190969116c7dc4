// A custody log that only remembers: what a stage said, and how much of it was under a checkpoint when.
import type { Custody } from '../../agent/custody/custody-log.ts';
import { checkedFacts } from '../../agent/custody/custody-pending.ts';
import type { CustodyEvent, CustodyEventName } from '../../protocol/custody/custody-entry.ts';

/** In-memory Custody. `failWith` makes every checkpoint reject until it is cleared. */
export class MemoryCustody implements Custody {
  readonly events: CustodyEvent[] = [];
  /** Number of leading events that a checkpoint covers. */
  covered = 0;
  failWith: Error | undefined;
  /** What a patient wait waits for; nothing, unless a test says so. */
  onPatient: (patienceMs: number) => Promise<void> = async () => undefined;

  /** Errors: "custody.refused", as the log on a disk. */
  append(event: CustodyEvent): void {
    this.events.push({ event: event.event, facts: checkedFacts(event) });
  }

  async checkpoint(patienceMs = 0): Promise<void> {
    if (patienceMs > 0) await this.onPatient(patienceMs);
    const reached = this.events.length;
    if (reached === this.covered) return;
    await Promise.resolve();
    if (this.failWith !== undefined) throw this.failWith;
    this.covered = Math.max(this.covered, reached);
  }

  /** Event names in order. */
  names(): CustodyEventName[] {
    return this.events.map((event) => event.event);
  }

  /** Events of one name, in order. */
  of(name: CustodyEventName): CustodyEvent[] {
    return this.events.filter((event) => event.event === name);
  }
}
