// What of an entry stands again, unchanged, where a write of the log failed and its events went into the next segment.
import { sha256Hex } from '../format/bytes.ts';
import { encodeCanonical } from '../format/canonical.ts';
import type { CustodyEntry } from './custody-entry.ts';

/** Digest of what was told to the log, with its times; undefined for an entry that a segment makes for itself. */
export function toldDigest(entry: CustodyEntry): string | undefined {
  const { at, boot, monotonic_ms: monotonicMs, event, facts } = entry;
  if (event === 'checkpoint' || event === 'segment-opened') return undefined;
  return sha256Hex(encodeCanonical({ at, boot, monotonic_ms: monotonicMs, event, facts }));
}
