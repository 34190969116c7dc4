// Reads the end of a custody segment: the last entry that holds, and what lies behind it. Bounded, whatever the file's length.
import {
  CHAIN_START,
  followChain,
  parseCustodyEntry,
  type ChainState,
  type CustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { CUSTODY_BATCH_BYTES_MAX, CUSTODY_ENTRY_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';

const LF = 0x0a;
/** One append that may be torn, and whole lines before it. */
const TAIL_BYTES = CUSTODY_BATCH_BYTES_MAX + 2 * (CUSTODY_ENTRY_BYTES_MAX + 1);

/** The end of a segment's file. */
export interface CustodyTail {
  /** The last entry that holds; sequence 0 in an empty file. */
  readonly head: ChainState;
  /** Where its line ends. */
  readonly wholeBytes: number;
  /** `torn`: behind it lies only what a cut-off write leaves; `broken`: a whole line that does not follow. */
  readonly rest: 'none' | 'torn' | 'broken';
  /** The last checkpoint among the lines that were read, and where its line ends. */
  readonly checkpoint:
    { readonly entry: CustodyEntry; readonly head: ChainState; readonly wholeBytes: number } | undefined;
  /** The lines that were read and hold, with their LF; they end at `wholeBytes`. */
  readonly lines: Uint8Array;
}

/**
 * Follows the chain through the last TAIL_BYTES of a file, as far as it holds.
 * Errors: "custody.damaged" where no line there holds; the system's.
 */
export async function readTail(file: OpenFile, sizeBytes: number): Promise<CustodyTail> {
  const from = Math.max(0, sizeBytes - TAIL_BYTES);
  const bytes = new Uint8Array(sizeBytes - from);
  const read = bytes.subarray(0, await file.read(bytes, from));
  let at = from === 0 ? 0 : read.indexOf(LF) + 1;
  const first = at;
  let head = from === 0 ? CHAIN_START : undefined;
  let checkpoint: CustodyTail['checkpoint'];
  for (let end = read.indexOf(LF, at); end >= 0; end = read.indexOf(LF, at)) {
    const next = follow(head, read.subarray(at, end));
    if (next === undefined) break;
    head = next.state;
    at = end + 1;
    if (next.entry.event === 'checkpoint') checkpoint = { entry: next.entry, head, wholeBytes: from + at };
  }
  if (head === undefined || (head.sequence === 0 && sizeBytes > 0)) throw damaged();
  const left = read.subarray(at);
  const rest = left.length === 0 ? 'none' : left.includes(LF) ? 'broken' : 'torn';
  return { head, wholeBytes: from + at, rest, checkpoint, lines: read.subarray(first, at) };
}

/** One more line; undefined where it does not follow. The first line that is read may follow anything. */
function follow(
  head: ChainState | undefined,
  line: Uint8Array,
): { entry: CustodyEntry; state: ChainState } | undefined {
  try {
    if (head !== undefined) return followChain(head, line);
    const entry = parseCustodyEntry(line);
    return { entry, state: { sequence: entry.sequence, sha256: sha256Hex(line) } };
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** Of a segment that must not be added to as it is. */
export function damaged(what = 'no entry at its end holds'): DockError {
  return new DockError('custody.damaged', `a custody segment in the vault is damaged: ${what}`, {
    retry: 'person',
  });
}
