// What the custody log says became of each document (manifest or docking record), kept while its segments are read. Memory: one small
// object per document.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';

/** What the log says of one document. */
export interface LoggedDocument {
  /** Undefined where the entry that made it durable is not here. */
  readonly kind: 'recording' | 'docking' | undefined;
  /** Digest of the manifest or docking record that was made durable; undefined where no entry says so. */
  readonly sha256: string | undefined;
  /** Hex id of the key that vouches for that entry; undefined where it was not asked for. */
  readonly signedBy: string | undefined;
  /** Digests of the receipts that the station has had. */
  readonly receipts: readonly string[];
  readonly quarantined: boolean;
  readonly erased: boolean;
  /** An erasure was begun before any receipt in this log. */
  readonly erasedEarly: boolean;
  /** An erasure was begun while the store had asked for it again. */
  readonly erasedAsked: boolean;
  /** Dockings in which the camera's file went. */
  readonly erasedIn: readonly string[];
  /** The last docking in which its bytes on the camera were compared with it. */
  readonly matchedIn: string | undefined;
  /** Dockings in which it was about to go before they were. */
  readonly uncomparedIn: readonly string[];
  /** Dockings in which it was about to go, and the log does not say what became of it. */
  readonly unconfirmedIn: readonly string[];
  readonly reclaimed: boolean;
  /** The store lost what it gave the last receipt for, and has given no other one. */
  readonly askedAgain: boolean;
  /** The station's documents went, too. */
  readonly letGo: boolean;
}

const NOTHING: LoggedDocument = {
  kind: undefined,
  sha256: undefined,
  signedBy: undefined,
  receipts: [],
  quarantined: false,
  erased: false,
  erasedEarly: false,
  erasedAsked: false,
  erasedIn: [],
  unconfirmedIn: [],
  matchedIn: undefined,
  uncomparedIn: [],
  reclaimed: false,
  askedAgain: false,
  letGo: false,
};
/** Receipts of one document that are kept, the newest ones: a vault that was restored from a backup may ask again. */
const RECEIPTS_MAX = 8;
/** Dockings in which one recording's file was erased: one, and again where it was put back. */
const ERASURES_MAX = 64;

/** The account of one log. */
export class LogAccount {
  readonly #documents = new Map<string, LoggedDocument>();

  /** Takes one entry, and the hex id of the key that vouches for it; those that name no document are passed over. */
  take({ event, facts }: CustodyEntry, keyId?: string): void {
    const name = facts[NAMED_BY[event] ?? 'recording'];
    if (typeof name !== 'string') return;
    const known = this.#documents.get(name) ?? NOTHING;
    const news = newsOf(event, facts, known);
    if (news === undefined) return;
    const signedBy = news.sha256 === undefined ? known.signedBy : keyId;
    this.#documents.set(name, { ...known, ...news, signedBy });
  }

  /** What the log says of a document; undefined where it does not name it. */
  of(name: string): LoggedDocument | undefined {
    return this.#documents.get(name);
  }

  /** All documents that the log names, with what it says. */
  all(): Iterable<readonly [string, LoggedDocument]> {
    return this.#documents;
  }
}

/** The fact that names the document, where it is not `recording`. */
const NAMED_BY: Partial<Record<CustodyEntry['event'], string>> = {
  quarantined: 'name',
  'docking-recorded': 'record',
};

function newsOf(
  event: CustodyEntry['event'],
  facts: CustodyEntry['facts'],
  known: LoggedDocument,
): Partial<LoggedDocument> | undefined {
  const { manifest_sha256: manifest, sha256: record, receipt_sha256: receipt } = facts;
  if (event === 'spooled' && typeof manifest === 'string') return { kind: 'recording', sha256: manifest };
  if (event === 'docking-recorded' && typeof record === 'string') return { kind: 'docking', sha256: record };
  if (event === 'quarantined') return { quarantined: true };
  const erasedEarly = known.erasedEarly || known.receipts.length === 0;
  if (event === 'matched') return { matchedIn: String(facts['docking']) };
  const unconfirmedIn = known.unconfirmedIn.filter((docking) => docking !== facts['docking']);
  const openIn = withDocking(unconfirmedIn, facts);
  if (event === 'erasing')
    return {
      erasedEarly,
      erasedAsked: known.erasedAsked || known.askedAgain,
      unconfirmedIn: openIn,
      uncomparedIn:
        known.matchedIn === facts['docking'] ? known.uncomparedIn : withDocking(known.uncomparedIn, facts),
    };
  if (event === 'erased')
    return { erased: true, erasedEarly, erasedIn: withDocking(known.erasedIn, facts), unconfirmedIn };
  if (event === 'not-erased') return { unconfirmedIn };
  if (event === 'erasure-unconfirmed') return { erasedEarly, unconfirmedIn: openIn };
  if (event === 'spool-reclaimed') return { reclaimed: true };
  if (event === 'spool-documents-dropped') return { reclaimed: true, letGo: true };
  if (event === 'asked-again') return { askedAgain: true };
  if (event !== 'receipted' || typeof receipt !== 'string') return undefined;
  return { receipts: [...known.receipts, receipt].slice(-RECEIPTS_MAX), askedAgain: false };
}

function withDocking(known: readonly string[], { docking }: CustodyEntry['facts']): readonly string[] {
  if (typeof docking !== 'string' || known.includes(docking) || known.length >= ERASURES_MAX) return known;
  return [...known, docking];
}
