// Puts events in a chain (SPEC 4.3): lines that name the digest of the line before, each group closed by a signed checkpoint. Pure but for
// the signer; where the lines go is the caller's.
import { parseUtf8, sha256Hex } from './bytes.ts';
import {
  CUSTODY_HEAD_TRUSTED_COMMENT,
  encodeCustodyEntry,
  encodeCustodyHead,
  type ChainState,
  type CustodyEntry,
} from './custody-entry.ts';
import type { ReceiverId, SegmentId, StationId } from './ids.ts';
import { CUSTODY_GROUP_ENTRIES } from './limits.ts';
import type { Signer } from './ports.ts';

const LF = new Uint8Array([10]);

/** An entry that has no place in a chain yet. */
export type LooseEntry = Omit<CustodyEntry, 'sequence' | 'previous'>;

/** Who signs which log, and what time a checkpoint bears. */
export interface ChainContext {
  /** Whose log it is: a station's, or a receiver's for the store's own. */
  readonly station: StationId | ReceiverId;
  readonly segment: SegmentId;
  readonly signer: Signer;
  /** Time and boot of an entry that is made now. */
  readonly stamp: () => Pick<LooseEntry, 'at' | 'boot' | 'monotonic_ms'>;
}

/** Chained lines with their LF, and where the chain stands behind them. */
export interface ChainedGroups {
  readonly bytes: Uint8Array;
  readonly state: ChainState;
}

/**
 * Chains entries behind a state, closing each CUSTODY_GROUP_ENTRIES of them, and the last ones, by a signed checkpoint.
 * Errors: the signer's.
 */
export async function chainGroups(
  start: ChainState,
  entries: readonly LooseEntry[],
  context: ChainContext,
): Promise<ChainedGroups> {
  const lines: Uint8Array[] = [];
  let state = start;
  const add = (entry: LooseEntry): void => {
    const line = encodeCustodyEntry({ ...entry, sequence: state.sequence + 1, previous: state.sha256 });
    lines.push(line, LF);
    state = { sequence: state.sequence + 1, sha256: sha256Hex(line) };
  };
  for (let from = 0; from < entries.length; from += CUSTODY_GROUP_ENTRIES) {
    for (const entry of entries.slice(from, from + CUSTODY_GROUP_ENTRIES)) add(entry);
    add(await checkpoint(state, context));
  }
  return { bytes: Buffer.concat(lines), state };
}

async function checkpoint(
  state: ChainState,
  { station, segment, signer, stamp }: ChainContext,
): Promise<LooseEntry> {
  const head = encodeCustodyHead({ type: 'custody-head', version: 1, station, segment, ...state });
  const signature = await signer.sign(head, CUSTODY_HEAD_TRUSTED_COMMENT);
  return { ...stamp(), event: 'checkpoint', facts: { head: parseUtf8(head) ?? '', signature } };
}
