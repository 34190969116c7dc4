// Which entries of a custody log only a revoked key vouches for: those behind the newest entry that a receipt from before names. Pure.
import type { LinkedSegment } from './custody-links.ts';
import type { HeadBook, NamedHead } from './head-book.ts';
import { note, type Remark } from './remark.ts';

/** What it is judged by. */
export interface RevokedQuestion {
  /** The oldest first. */
  readonly segments: readonly LinkedSegment[];
  readonly book: HeadBook;
  /** Entries that receipts name, and when these were given. */
  readonly heads: readonly { readonly head: NamedHead; readonly receivedAt: string }[];
  /** When a key was revoked; undefined where it was not. */
  readonly revokedAt: (keyId: string) => string | undefined;
}

/** A note for each segment with entries that only a revoked key vouches for. */
export function revokedKeyRemarks({ segments, book, heads, revokedAt }: RevokedQuestion): Remark[] {
  return segments.flatMap((one, at) => {
    const [keyId = ''] = one.keyIds;
    const revoked = revokedAt(keyId);
    if (revoked === undefined) return [];
    const before = heads.filter(({ receivedAt }) => receivedAt < revoked).map(({ head }) => head);
    const later = new Set(segments.slice(at + 1).map(({ segment }) => segment));
    if (before.some(({ segment }) => later.has(segment))) return []; // a later head stands for all before it
    const own = before.filter(({ segment }) => segment === one.segment);
    const covered = own.reduce((last, { sequence }) => Math.max(last, sequence), 0);
    const last = book.lastOf(one.segment) ?? 0;
    if (covered >= last) return [];
    const message = `entries ${covered + 1} to ${last} are signed by key ${keyId}, which was revoked at ${revoked}`;
    return [note('custody.revoked-key', one.where, message, { key_id: keyId, entries: last - covered })];
  });
}
