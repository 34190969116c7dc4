// What the store's log remembers of the last two months: who was warned of, which orders and lapses it knows, and whether its clock held.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { readStoreLog } from '../custody/log-read.ts';
import { storeLogFolder } from '../custody/store-log.ts';
import { judge, trusted, type ClockReading, type ClockTrust } from './clock-trust.ts';
import type { RetentionDeps } from './deps.ts';
import { MEMORY_MS } from './limits.ts';

const DAY_MS = 86_400_000;

/** Read once for each run. */
export interface LogMemory {
  /** When a recording's expiry was warned of last, by `station/recording`. */
  readonly warnedMs: ReadonlyMap<string, number>;
  /** `order/role` of each signature that was entered. */
  readonly signatures: ReadonlySet<string>;
  /** Orders whose lapse was entered. */
  readonly lapsed: ReadonlySet<string>;
  /** Undefined in a log without an entry. */
  readonly trust: ClockTrust | undefined;
  /** When a person said last that the clock was right, by that clock. */
  readonly checkedMs: number | undefined;
}

/** The machine's clocks now. */
export function clockReading({ clock, bootId }: Pick<RetentionDeps, 'clock' | 'bootId'>): ClockReading {
  return { wallMs: clock.wallMs(), boot: bootId, monotonicMs: clock.monotonicMs() };
}

/** How long a machine may be off without a doubt of its clock: as long as recordings stay. */
export function unseenMsMax({ retention }: Pick<RetentionDeps, 'retention'>): number {
  return retention.days * DAY_MS;
}

/** Reads the log. Errors: those of readStoreLog. */
export async function readMemory(deps: RetentionDeps): Promise<LogMemory> {
  const warnedMs = new Map<string, number>();
  const signatures = new Set<string>();
  const lapsed = new Set<string>();
  let trust: ClockTrust | undefined;
  let checkedMs: number | undefined;
  const visit = (entry: CustodyEntry): void => {
    const { event, facts } = entry;
    trust = trustAfter(trust, entry, unseenMsMax(deps));
    if (event === 'expiry-warned')
      warnedMs.set(`${String(facts['station'])}/${String(facts['recording'])}`, Date.parse(entry.at));
    if (event === 'order') signatures.add(`${String(facts['order'])}/${String(facts['role'])}`);
    if (event === 'hold-lapsed') lapsed.add(String(facts['order']));
    if (event === 'clock-checked') checkedMs = Date.parse(entry.at);
  };
  const folder = storeLogFolder(deps.vaultPath, deps.receiver);
  await readStoreLog(deps, folder, deps.clock.wallMs() - MEMORY_MS, visit);
  return { warnedMs, signatures, lapsed, trust, checkedMs };
}

function trustAfter(trust: ClockTrust | undefined, entry: CustodyEntry, unseenMs: number): ClockTrust {
  const reading = { wallMs: Date.parse(entry.at), boot: entry.boot, monotonicMs: entry.monotonic_ms };
  if (entry.event === 'clock-checked') return trusted(reading, true);
  return trust === undefined ? trusted(reading, false) : judge(trust, reading, unseenMs);
}
