// Logs of receivers that rest on a key of the store which somebody put aside (SPEC 4.9.2.15): anybody who has an old key can write a log for a
// receiver that never was, or go on with one that ended. Pure.
import type { HeadBook, LinkedSegment } from './custody-links.ts';
import { isDoubtful } from './known-keys.ts';
import { finding, note, type Finding } from './remark.ts';
import type { TrustedKeys } from './trusted-keys.ts';

/** What nobody but a store may say: something is not here, may go, or is held no more. */
export const EXCUSES: ReadonlySet<string> = new Set([
  'documents-dropped',
  'segment-dropped',
  'expiry-warned',
  'order',
  'hold-lapsed',
  'deleting',
  'deleted',
]);

/** The log of a receiver that was read; `excusing` are segments with such a signed entry, `linked` are in the order of the log. */
export interface ReadStoreLog {
  readonly where: string;
  readonly linked: readonly LinkedSegment[];
  readonly book: HeadBook;
  readonly excusing: ReadonlySet<string>;
}

/** What rests on such a key, and which no other segment follows; undefined where nothing does. */
export function oldKeyRemark(
  receiver: string,
  { where, linked, book, excusing }: ReadStoreLog,
  keys: TrustedKeys,
): Finding | undefined {
  const followed = new Set<string>();
  const old: string[] = [];
  let keyId = '';
  for (const { segment, link, keyIds, signedBy } of linked.toReversed()) {
    const all = signedBy === undefined ? [...keyIds] : [...keyIds, signedBy];
    const aside = all.find((each) => isDoubtful(each, keys));
    const isGood = followed.has(segment) || (all.length > 0 && aside === undefined);
    if (isGood && link !== null && link !== undefined && book.compare(link) === 'good')
      followed.add(link.segment);
    if (isGood || aside === undefined) continue;
    old.push(segment);
    keyId = aside;
  }
  if (old.length === 0) return undefined;
  const message = `${old.length} segments of the log of ${receiver} rest on key ${keyId}, which was put aside, and no station names that receiver`;
  // A receiver that began with the key of others, and has not changed it yet, may have had nothing to do.
  const told = old.some((segment) => excusing.has(segment)) ? finding : note;
  return told('store-log.old-key', where, message, { receiver, key_id: keyId });
}
