// What the names in a folder of the spool say: which are missing, which are left over, which are not ours.
import { UNFINISHED_SUFFIX } from '../../protocol/format/durable.ts';
import { RECEIPT_NAMES, SEALED_NAMES } from './layout.ts';

/** Names in a recording's folder, sorted out. */
export interface FolderNames {
  readonly missing: readonly string[];
  /** Both receipt files are there. */
  readonly receipted: boolean;
  /** Ours and never claimed: unfinished writes, half of a receipt. May be removed. */
  readonly leftovers: readonly string[];
  /** Not ours. */
  readonly unknown: readonly string[];
}

/** Sorts out the names of a folder that must hold `wanted`, and may hold a receipt and what is `allowed`. */
export function sortNames(
  names: readonly string[],
  wanted: readonly string[],
  allowed: readonly string[] = [],
): FolderNames {
  const there = new Set(names);
  const receipted = RECEIPT_NAMES.every((name) => there.has(name));
  const known = new Set([...wanted, ...allowed, ...(receipted ? RECEIPT_NAMES : [])]);
  const ours = new Set([...SEALED_NAMES, ...RECEIPT_NAMES].map((name) => name + UNFINISHED_SUFFIX));
  if (!receipted) for (const name of RECEIPT_NAMES) ours.add(name);
  const others = names.filter((name) => !known.has(name));
  return {
    missing: wanted.filter((name) => !there.has(name)),
    receipted,
    leftovers: others.filter((name) => ours.has(name)),
    unknown: others.filter((name) => !ours.has(name)),
  };
}
