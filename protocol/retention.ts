// When a recording is due (SPEC 10.1), from its manifest and its receipt alone: the same answer at the store, at the station and for an expert.
import type { Manifest } from './manifest.ts';

const DAY_MS = 86_400_000;
/** What is due sooner than this after its receipt is warned of first (SPEC 10.2). */
export const LATE_DOCKING_MS = 3 * DAY_MS;
/** A warning must be this old before such a recording is deleted. */
export const WARNED_MS = DAY_MS;
/** A hold with one signature lapses after this long (SPEC 4.8). */
export const HOLD_ALONE_MS = 7 * DAY_MS;

/** Instants are RFC 3339 UTC with milliseconds. */
export interface Retention {
  readonly days: number;
  readonly basis: 'capture' | 'sealed' | 'received';
  readonly from_at: string;
  readonly due_at: string;
}

/** Units: days of 24 h. `receivedAt` is the receipt's time, RFC 3339 UTC. Errors: none for documents that parsed. */
export function retentionOf(
  manifest: Pick<Manifest, 'capture' | 'sealed_at' | 'clock_synchronised'>,
  receivedAt: string,
  days: number,
): Retention {
  const start = startOf(manifest);
  const receivedMs = Date.parse(receivedAt);
  const fromMs = Math.min(start.at === null ? receivedMs : Date.parse(start.at), receivedMs);
  return {
    days,
    basis: start.basis,
    from_at: new Date(fromMs).toISOString(),
    due_at: new Date(fromMs + days * DAY_MS).toISOString(),
  };
}

function startOf({
  capture,
  sealed_at: sealedAt,
  clock_synchronised: synchronised,
}: Pick<Manifest, 'capture' | 'sealed_at' | 'clock_synchronised'>): {
  basis: Retention['basis'];
  at: string | null;
} {
  if (synchronised !== true) return { basis: 'received', at: null };
  if (capture.basis !== 'clock-unmeasured' && capture.latest_at !== null)
    return { basis: 'capture', at: capture.latest_at };
  return { basis: 'sealed', at: sealedAt };
}
