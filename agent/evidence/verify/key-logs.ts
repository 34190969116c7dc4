// Compares documents about keys with what the logs say of them (SPEC 4.9). Pure.
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import type { HeadBook, LinkedSegment, NamedHead } from './custody-links.ts';
import { type FoundChange, keyStep, type KnownKeys } from './known-keys.ts';
import type { LoggedKeyChange, PlaceLogs } from './place-logs.ts';
import type { Extent } from './place.ts';
import { finding, note, type Remark } from './remark.ts';
import type { LoggedRevocation } from './store-log.ts';

/** Between a revocation and its entry: a command of seconds. */
const REVOCATION_SLACK_MS = 3_600_000;

/**
 * Everything in which the two do not agree. A spool holds no documents about keys, so that nothing is missing there; a kit has a part of the
 * logs, which need not name them, and of revocations those of `stations`, of which documents are here (SPEC 4.13.5.16).
 */
export function keyLogRemarks(
  { keys, changes, revocations }: KnownKeys,
  logs: PlaceLogs,
  extent: Extent,
  stations: ReadonlySet<string>,
): Remark[] {
  if (extent === 'spool') return [];
  const given = new Set([...keys.station, ...keys.store].map(({ key }) => keyIdHex(key.keyId)));
  const here = new Set(changes.map(({ sha256 }) => sha256));
  const logged = new Set(logs.keyChanges.map(({ changeSha256 }) => changeSha256));
  const revoked = new Set(revocations.map(({ document }) => `${document.station} ${document.key_id}`));
  const { store } = logs;
  const hasLog = store.places.length > 0;
  const differing = [
    ...logs.keyChanges.flatMap((logged) =>
      changes
        .filter((change) => change.sha256 === logged.changeSha256)
        .flatMap((change) => otherChange(logged, change)),
    ),
    ...revocations.flatMap((found) =>
      otherRevocation(found, store.revoked.get(`${found.document.station} ${found.document.key_id}`)),
    ),
  ];
  const gone = [...store.revoked.keys()]
    .filter((name) => !revoked.has(name) && (extent === 'vault' || stations.has(name.split(' ')[0] ?? '')))
    .map((name) => {
      const message = `the store's log says that it revoked the key of ${name.replace(' ', ': ')}, and the document is not here`;
      return finding('key-revocation.missing', store.places[0] ?? '.', message, { key: name });
    });
  if (extent === 'kit') return [...differing, ...gone];
  return [
    ...differing,
    ...logs.keyChanges
      .filter(({ changeSha256 }) => !here.has(changeSha256))
      .map((change) => changeMissing(change, given.has(change.newKeyId))),
    ...changes
      .filter(({ sha256, inPlace }) => inPlace && !logged.has(sha256))
      .map(({ where, sha256 }) =>
        note('key-change.not-logged', where, `key change: no log here names SHA-256 ${sha256}`),
      ),
    ...revocations
      .filter(({ document }) => hasLog && !store.revoked.has(`${document.station} ${document.key_id}`))
      .map(({ where, document }) => {
        const told = store.reachesBackTo(document.revoked_at) ? finding : note;
        const message = `revocation of key ${document.key_id} at ${document.revoked_at}: no entry names it`;
        return told('key-revocation.not-logged', where, message, { key_id: document.key_id });
      }),
    ...gone,
  ];
}

/** What entries say of a revocation is what its document says, and it was entered when it was made (SPEC 4.9.3.12, 4.9.3.13). */
function otherRevocation(
  { where, document }: KnownKeys['revocations'][number],
  logged: LoggedRevocation | undefined,
): Remark[] {
  if (logged === undefined) return [];
  const { key_id, reason, revoked_at: at, compromised_since: since } = document;
  const said = (why: string, from: string | undefined): string =>
    `${why}, compromised since ${from ?? 'never'}`;
  const isOther = !logged.reasons.has(reason) || logged.since !== since;
  const other = `revocation of key ${key_id}: ${said(reason, since)}; the store's log says ${said([...logged.reasons].join(', '), logged.since)}`;
  const isMisdated = Math.abs(Date.parse(at) - Date.parse(logged.time)) > REVOCATION_SLACK_MS;
  const misdated = `revocation of key ${key_id}: it says ${at}, and the store's log names it first at ${logged.time}`;
  return [
    ...(isOther ? [finding('key-revocation.other-logged', where, other, { key_id })] : []),
    ...(isMisdated ? [finding('key-revocation.misdated', where, misdated, { key_id })] : []),
  ];
}

/** What an entry says of a change is what its document says. */
function otherChange(logged: LoggedKeyChange, change: FoundChange): Remark[] {
  const { holder, oldKeyId, newKeyId } = keyStep(change);
  const fields = [
    ['holder', holder, logged.holder],
    ['old key', oldKeyId, logged.oldKeyId],
    ['new key', newKeyId, logged.newKeyId],
  ] as const;
  const wrong = fields.filter(([, expected, found]) => expected !== found);
  if (wrong.length === 0) return [];
  const words = wrong.map(
    ([field, expected, found]) => `${field}: the document says ${expected}, the log ${found}`,
  );
  return [
    finding('key-change.other-logged', logged.where, `key change: ${words.join('; ')}`, {
      holder: logged.holder,
    }),
  ];
}

/** The document is carried by hand; a key that came by hand counts without it. */
function changeMissing({ where, holder, changeSha256, newKeyId }: LoggedKeyChange, isGiven: boolean): Remark {
  const message = `${holder} changed to key ${newKeyId} by a document with SHA-256 ${changeSha256}, which is not here or does not hold`;
  const facts = { holder, sha256: changeSha256 };
  return isGiven
    ? note('key-change.missing', where, message, facts)
    : finding('key-change.missing', where, message, facts);
}

// Which entries of a custody log only a revoked key vouches for: those after the newest entry that a receipt from before names. Pure.

/** What it is judged by. */
interface RevokedQuestion {
  /** The oldest first. */
  readonly segments: readonly LinkedSegment[];
  readonly book: HeadBook;
  /** Entries that receipts name, and when these were given. */
  readonly heads: () => Iterable<{ readonly head: NamedHead; readonly receivedAt: string }>;
  /** When a key was revoked; undefined where it was not. */
  readonly revokedAt: (keyId: string) => string | undefined;
}

/** A note for each segment with entries that only a revoked key vouches for. */
export function revokedKeyRemarks({ segments, book, heads, revokedAt }: RevokedQuestion): Remark[] {
  const newest = new Map<string, ReadonlyMap<string, number>>();
  return segments.flatMap((one, at) => {
    const [keyId = ''] = one.keyIds;
    const revoked = revokedAt(keyId);
    if (revoked === undefined) return [];
    const before = newest.get(revoked) ?? newestBefore(revoked, heads());
    newest.set(revoked, before);
    // A later head stands for all before it.
    if (segments.slice(at + 1).some(({ segment }) => before.has(segment))) return [];
    const covered = before.get(one.segment) ?? 0;
    const last = book.lastOf(one.segment) ?? 0;
    if (covered >= last) return [];
    const message = `entries ${covered + 1} to ${last} are signed by key ${keyId}, which was revoked at ${revoked}`;
    return [note('custody.revoked-key', one.where, message, { key_id: keyId, entries: last - covered })];
  });
}

/** Of each segment the newest entry that a receipt of before that time (RFC 3339) names. */
function newestBefore(
  time: string,
  heads: ReturnType<RevokedQuestion['heads']>,
): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  for (const { head, receivedAt } of heads) {
    if (receivedAt >= time) continue;
    newest.set(head.segment, Math.max(head.sequence, newest.get(head.segment) ?? 0));
  }
  return newest;
}
