// Puts events in a chain (SPEC 4.3): lines that name the digest of the line before, each group closed by a signed checkpoint. Pure but for
// the signer; where the lines go is the caller's.
import { sha256Hex } from '../format/bytes.ts';
import { makeCheckpoint, type EntryStamp, type LogPlace } from './custody-checkpoint.ts';
import { encodeCustodyEntry, type ChainState, type CustodyEntry } from './custody-entry.ts';
import { CUSTODY_GROUP_BYTES, CUSTODY_GROUP_ENTRIES } from '../format/limits.ts';
import type { Signer } from '../format/ports.ts';

const LF = new Uint8Array([10]);

/** An entry that has no place in a chain yet. */
export type LooseEntry = Omit<CustodyEntry, 'sequence' | 'previous'>;

/** Who signs which log, and what time a checkpoint bears. */
export interface ChainContext extends LogPlace {
  readonly signer: Signer;
  /** Time and boot of an entry that is made now. */
  readonly stamp: () => EntryStamp;
}

/** Chained lines with their LF, and where the chain stands behind them. */
export interface ChainedGroups {
  readonly bytes: Uint8Array;
  /** Each without its LF. */
  readonly lines: readonly Uint8Array[];
  /** Which of the lines are the entries given, in their order; the others are checkpoints. */
  readonly places: readonly number[];
  readonly state: ChainState;
}

/**
 * Chains entries after a state, closing each CUSTODY_GROUP_ENTRIES of them, and the last ones, by a signed checkpoint.
 * Errors: the signer's.
 */
export async function chainGroups(
  start: ChainState,
  entries: readonly LooseEntry[],
  context: ChainContext,
): Promise<ChainedGroups> {
  const lines: Uint8Array[] = [];
  const places: number[] = [];
  let state = start;
  const add = (entry: LooseEntry): number => {
    const line = encodeCustodyEntry({ ...entry, sequence: state.sequence + 1, previous: state.sha256 });
    lines.push(line);
    state = { sequence: state.sequence + 1, sha256: sha256Hex(line) };
    return line.length;
  };
  let group = { entries: 0, bytes: 0 };
  for (const [at, entry] of entries.entries()) {
    places.push(lines.length);
    group = { entries: group.entries + 1, bytes: group.bytes + add(entry) };
    const isFull = group.entries === CUSTODY_GROUP_ENTRIES || group.bytes >= CUSTODY_GROUP_BYTES;
    if (!isFull && at < entries.length - 1) continue;
    add(await makeCheckpoint(state, context, context.stamp(), context.signer));
    group = { entries: 0, bytes: 0 };
  }
  return { bytes: Buffer.concat(lines.flatMap((line) => [line, LF])), lines, places, state };
}

/** The checkpoint alone that closes what no checkpoint covers yet. Errors: the signer's. */
export async function closeGroup(
  start: ChainState,
  context: ChainContext,
): Promise<Pick<ChainedGroups, 'bytes' | 'state'> & { readonly entry: CustodyEntry }> {
  const loose = await makeCheckpoint(start, context, context.stamp(), context.signer);
  const entry = { ...loose, sequence: start.sequence + 1, previous: start.sha256 };
  const line = encodeCustodyEntry(entry);
  return {
    entry,
    bytes: Buffer.concat([line, LF]),
    state: { sequence: entry.sequence, sha256: sha256Hex(line) },
  };
}
