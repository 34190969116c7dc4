// What the custody log says became of each document (manifest, docking record, report or text of the staff), kept while its segments are read. Memory: one row
// per document.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { SignedUnder } from '../../../protocol/documents/retention.ts';
import { PackedMap, type Shape } from './packed-map.ts';
import type { Extent } from './place.ts';
import { finding, note, type Remark, type RemarkCode } from './remark.ts';

/** What the log says of one document. */
export interface LoggedDocument {
  /** Undefined where the entry that made it durable is not here. */
  readonly kind: keyof typeof KINDS | undefined;
  /** As `document-recorded` calls it. */
  readonly documentKind?: string;
  /** Digest of the manifest or docking record that was made durable; undefined where no entry says so. */
  readonly sha256: string | undefined;
  /** Hex id of the key that vouches for that entry; undefined where it was not asked for. */
  readonly signedBy: string | undefined;
  /** Time of the first such entry that no settlement made, and of the newest receipt, by the station's clock (RFC 3339). */
  readonly madeAt: string | undefined;
  readonly receiptedAt: string | undefined;
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
  /** ... because it was restored: the station removed the receipt. */
  readonly restored: boolean;
  /** The station's documents went, too. */
  readonly letGo: boolean;
}

/** What is said of each kind. */
const KINDS = {
  recording: {
    word: 'recording',
    document: 'manifest',
    missing: 'recording.missing',
    waiting: 'recording.waiting',
    unlogged: 'recording.unlogged',
    notLogged: 'recording.not-logged',
    other: 'custody.other-manifest',
  },
  docking: {
    word: 'docking record',
    document: 'docking record',
    missing: 'docking.missing',
    waiting: 'docking.waiting',
    unlogged: 'docking.unlogged',
    notLogged: 'docking.not-logged',
    other: 'custody.other-docking-record',
  },
  document: {
    word: 'staff document',
    document: 'staff document',
    missing: 'document.missing',
    waiting: 'document.waiting',
    unlogged: 'document.unlogged',
    notLogged: 'document.not-logged',
    other: 'custody.other-document',
  },
} as const;

const NOTHING: LoggedDocument = {
  kind: undefined,
  sha256: undefined,
  signedBy: undefined,
  madeAt: undefined,
  receiptedAt: undefined,
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
  restored: false,
  letGo: false,
};
const LOGGED_SHAPE: Shape<LoggedDocument> = {
  kind: 'word',
  documentKind: 'word',
  sha256: 'digest',
  signedBy: 'word',
  madeAt: 'time',
  receiptedAt: 'time',
  receipts: 'digests',
  quarantined: 'word',
  erased: 'word',
  erasedEarly: 'word',
  erasedAsked: 'word',
  erasedIn: 'words',
  unconfirmedIn: 'words',
  matchedIn: 'word',
  uncomparedIn: 'words',
  reclaimed: 'word',
  askedAgain: 'word',
  restored: 'word',
  letGo: 'word',
};
/** Receipts of one document that are kept, the newest ones: a vault that was restored from a backup may ask again. */
const RECEIPTS_MAX = 8;
/** Dockings in which one recording's file was erased: one, and again where it was put back. */
const ERASURES_MAX = 64;

/** The account of one log. */
export class LogAccount {
  readonly #documents = new PackedMap(LOGGED_SHAPE);
  #firstAt: string | undefined;
  #lastAt: string | undefined;
  readonly #lastAtBy = new Map<string, string>();

  /** Takes one entry, and the hex id of the key that vouches for it; those that name no document are passed over. */
  take({ event, facts, at }: CustodyEntry, keyId?: string): void {
    this.#firstAt ??= at;
    this.#lastAt = at;
    if (keyId !== undefined) this.#lastAtBy.set(keyId, at);
    if (event === 'store-restored') return this.#storeRestored();
    const name = facts[NAMED_BY[event] ?? 'recording'];
    if (typeof name !== 'string') return;
    const known = this.#documents.get(name) ?? NOTHING;
    const news = newsOf(event, facts, known);
    if (news === undefined) return;
    // A settlement enters long after what it found was made.
    const madeAt = known.madeAt ?? (facts['settled'] === true ? undefined : at);
    const made = news.sha256 === undefined ? {} : { signedBy: keyId, madeAt };
    const receipted = event === 'receipted' ? { receiptedAt: at } : {};
    if (known === NOTHING) this.#documents.set(name, { ...NOTHING, ...news, ...made, ...receipted });
    else this.#documents.change(name, { ...news, ...made, ...receipted });
  }

  /** No receipt of before counts any more for what the station still held. */
  #storeRestored(): void {
    for (const [name, known] of this.#documents)
      if (known.receipts.length > 0 && !known.reclaimed)
        this.#documents.change(name, { askedAgain: true, restored: true });
  }

  /**
   * Whether the log goes on after an instant (RFC 3339), and holds its beginning or an entry that is not later: what was made then should be in it.
   * By a key (hex id), where that is given: only entries that it vouches for show that the log goes on.
   */
  covers(at: string, fromTheStart: boolean, byKey: string | undefined): boolean {
    const lastAt = byKey === undefined ? this.#lastAt : this.#lastAtBy.get(byKey);
    if (this.#firstAt === undefined || lastAt === undefined) return false;
    return (
      Date.parse(lastAt) > Date.parse(at) && (fromTheStart || Date.parse(this.#firstAt) <= Date.parse(at))
    );
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
  'document-recorded': 'record',
};

function newsOf(
  event: CustodyEntry['event'],
  facts: CustodyEntry['facts'],
  known: LoggedDocument,
): Partial<LoggedDocument> | undefined {
  const { manifest_sha256: manifest, sha256: record, receipt_sha256: receipt } = facts;
  if (event === 'spooled' && typeof manifest === 'string') return { kind: 'recording', sha256: manifest };
  if (event === 'docking-recorded' && typeof record === 'string') return { kind: 'docking', sha256: record };
  if (event === 'document-recorded' && typeof record === 'string')
    return { kind: 'document', documentKind: String(facts['kind']), sha256: record };
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
  return { receipts: [...known.receipts, receipt].slice(-RECEIPTS_MAX), askedAgain: false, restored: false };
}

function withDocking(known: readonly string[], { docking }: CustodyEntry['facts']): readonly string[] {
  if (typeof docking !== 'string' || known.includes(docking) || known.length >= ERASURES_MAX) return known;
  return [...known, docking];
}

// Compares what a custody log says of recordings and docking records with what lies beside it. Pure.

/** A recording, docking record or staff document that lies here, as far as the log could contradict it. */
export interface HeldDocument {
  readonly kind: keyof typeof KINDS;
  /** Of a staff document, as its receipt calls it. */
  readonly documentKind?: string;
  readonly name: string;
  readonly where: string;
  /** In whose folder it lies, or who it says it is of. */
  readonly station: string | undefined;
  /** Digest of the manifest or docking record. */
  readonly sha256: string | undefined;
  /** Undefined where no receipt lies here. */
  readonly receiptSha256: string | undefined;
  /** Vault that its receipt names; undefined where none can be read. */
  readonly receiptVault?: string | undefined;
  /** Hex id of the key that signed it, and when it was made (RFC 3339); undefined where its signature does not hold or was not asked for. */
  readonly made?: { readonly keyId: string; readonly at: string } | undefined;
  /** When it was durable at the soonest, by what it says (SPEC 4.3.5.6; RFC 3339); undefined as `made`. */
  readonly doneAt?: string | undefined;
  /** Digest of the policy that it names; undefined where it names none, or as `made`. See heldUnder. */
  readonly policySha256?: string | undefined;
  /** Whether its sealed file lies here, too; left out for a docking record, which has none. */
  readonly hasPayload?: boolean;
}

/** By which policy it was signed. */
export function heldUnder({ policySha256, made }: Pick<HeldDocument, 'policySha256' | 'made'>): SignedUnder {
  return { policySha256, signedAt: made?.at };
}

/** Documents by id: of one station, or of all. */
export interface HeldDocuments {
  get(name: string): HeldDocument | undefined;
  has(name: string): boolean;
  values(): Iterable<HeldDocument>;
}

/** A log with the documents of its station. */
export interface AccountQuestion {
  /** The log's folder in remarks. */
  readonly where: string;
  readonly account: LogAccount;
  readonly held: HeldDocuments;
  /** Recordings that others here name as replaced. */
  readonly superseded: ReadonlySet<string>;
  /** Documents that the store's own log says it let go. */
  readonly dropped: ReadonlySet<string>;
  /** In a spool whatever was spooled must be there; a vault may still wait for it; a kit has what was asked for. */
  readonly kind: Extent;
  /** Whether the log is here from its first entry on. */
  readonly fromTheStart: boolean;
  /** When the log tells a change away from which key (hex id), RFC 3339. */
  readonly putAside?: ReadonlyMap<string, string>;
  /** Whether the store revoked a key (hex id) of the station. */
  readonly isRevoked: (keyId: string) => boolean;
}

/** Names that are told in one remark. */
const NAMED_MAX = 3;

/** Documents that must be here and are not; the caller looks again before it says so, because they may have come in the meantime. */
export function missingDocuments(question: Omit<AccountQuestion, 'isRevoked'>): string[] {
  const missing: string[] = [];
  for (const [name, logged] of question.account.all())
    if (!question.held.has(name) && mustBeHere(name, logged, question)) missing.push(name);
  return missing.sort();
}

function mustBeHere(
  name: string,
  logged: LoggedDocument,
  { superseded, dropped, kind }: Pick<AccountQuestion, 'superseded' | 'dropped' | 'kind'>,
): boolean {
  if (kind === 'kit') return false;
  if (kind === 'vault') return logged.receipts.length > 0 && !dropped.has(name);
  // A station lets a docking record go once it is receipted; documents of a recording only long after, and it says so.
  if (logged.kind === 'docking' || logged.kind === 'document')
    return logged.receipts.length === 0 && !logged.quarantined;
  if (logged.letGo) return false; // without a receipt in the log that is a finding of its own
  const spooled = logged.sha256 !== undefined && !logged.quarantined && !superseded.has(name);
  return logged.receipts.length > 0 || spooled;
}

/** The finding for a document that is surely not here. */
export function missingDocument(where: string, name: string, account: LogAccount): Remark {
  const logged = account.of(name);
  const receipted = (logged?.receipts.length ?? 0) > 0;
  const { word, missing } = KINDS[logged?.kind ?? 'recording'];
  const message = `${word} ${name} is not here; the log says that it was ${receipted ? 'receipted' : 'spooled'}`;
  return finding(missing, where, message, { recording: name });
}

/** Every other difference between log and documents. */
export function accountRemarks(question: AccountQuestion): Remark[] {
  const { where, account, held, kind, putAside = new Map() } = question;
  const remarks: Remark[] = [];
  for (const document of held.values())
    remarks.push(...contradictions(document, account, kind), ...byOldKey(document, account, putAside));
  if (kind === 'spool') for (const document of held.values()) remarks.push(...askedFor(document, account));
  const notLogged = namesByKind();
  for (const document of held.values())
    if (account.of(document.name)?.sha256 === undefined) {
      if (isUnlogged(document, question)) remarks.push(unlogged(document));
      else notLogged[document.kind].push(document.name);
    }
  const waiting = namesByKind();
  for (const [name, logged] of account.all()) {
    const due = logged.sha256 !== undefined && logged.receipts.length === 0 && !held.has(name);
    if (kind === 'vault' && due) waiting[logged.kind ?? 'recording'].push(name);
    if (kind !== 'kit' || held.has(name)) remarks.push(...unreceipted(question, name, logged));
  }
  return [
    ...remarks,
    ...kinds().flatMap((kind) => {
      const { word, notLogged: code } = KINDS[kind];
      return counted(code, where, `${word}s here that the log does not name`, notLogged[kind]);
    }),
    ...kinds().flatMap((kind) => {
      const { word, waiting: code } = KINDS[kind];
      return counted(code, where, `${word}s in the log that are not here`, waiting[kind]);
    }),
  ];
}

function kinds(): (keyof typeof KINDS)[] {
  return ['recording', 'docking', 'document'];
}

function namesByKind(): Record<keyof typeof KINDS, string[]> {
  return { recording: [], docking: [], document: [] };
}

/** A log that goes on after a document, and does not know it, is not the one under which it was made (SPEC 4.3.5.6). */
function isUnlogged(
  { made, doneAt }: HeldDocument,
  { account, kind, fromTheStart, isRevoked }: AccountQuestion,
): boolean {
  if (kind !== 'vault' || made === undefined || doneAt === undefined) return false; // in a spool the entry may be on its way
  return account.covers(doneAt, fromTheStart, isRevoked(made.keyId) ? made.keyId : undefined);
}

function unlogged({ kind, name, where }: HeldDocument): Remark {
  const message = `no entry of the custody log names it, and the log goes on after it`;
  return finding(KINDS[kind].unlogged, where, message, { recording: name });
}

function contradictions(document: HeldDocument, account: LogAccount, place: Extent): Remark[] {
  const logged = account.of(document.name);
  if (logged === undefined) return [];
  const { where, kind, sha256, receiptSha256 } = document;
  const remarks: Remark[] = [];
  const { sha256: expected, receipts } = logged;
  if (expected !== undefined && sha256 !== undefined && sha256 !== expected) {
    const { document: what, other } = KINDS[kind];
    const message = `${what}: the custody log vouches for SHA-256 ${expected}, found ${sha256}`;
    remarks.push(finding(other, where, message, { expected, found: sha256 }));
  } else if (logged.documentKind !== document.documentKind && logged.kind !== undefined) {
    const message = `${KINDS[kind].document}: the custody log calls it ${logged.documentKind ?? logged.kind}`;
    remarks.push(finding(KINDS[kind].other, where, message, { found: document.documentKind ?? kind }));
  }
  if (receipts.length > 0 && receiptSha256 === undefined && !(logged.restored && place === 'spool'))
    remarks.push(
      finding('receipt.missing', where, 'no receipt lies here; the custody log says that there was one'),
    );
  if (receipts.length > 0 && receiptSha256 !== undefined && !receipts.includes(receiptSha256)) {
    const message = `receipt: the custody log names SHA-256 ${receipts.join(', ')}, found ${receiptSha256}`;
    remarks.push(finding('custody.other-receipt', where, message, { found: receiptSha256 }));
  }
  return remarks;
}

/**
 * From the first entry of the new key on it signs everything (SPEC 4.9.2). What the old one entered, or what was made before and entered only
 * after a cut, is its own.
 */
function byOldKey(
  { name, where, made }: HeldDocument,
  account: LogAccount,
  putAside: ReadonlyMap<string, string>,
): Remark[] {
  const changedAt = made && putAside.get(made.keyId);
  if (changedAt === undefined || made === undefined || made.at <= changedAt) return [];
  if (account.of(name)?.signedBy === made.keyId) return [];
  const message = `made at ${made.at} and signed by key ${made.keyId}, from which the log tells a change at ${changedAt}`;
  return [finding('custody.old-key', where, message, { key_id: made.keyId })];
}

/** What a restored store may lack stays in the spool until there is another receipt for it (SPEC 6.10). */
function askedFor({ name, where, hasPayload = true }: HeldDocument, account: LogAccount): Remark[] {
  const logged = account.of(name);
  if (hasPayload || logged?.sha256 === undefined) return [];
  if (!logged.askedAgain || logged.reclaimed) return [];
  const message = `the store asked for recording ${name} again, and its sealed file is not here; the log has no other receipt, and does not say that the file went`;
  return [finding('payload.asked-again', where, message, { recording: name })];
}

/** What a station may do only after the store's word. */
function unreceipted(
  { where, held, fromTheStart }: AccountQuestion,
  name: string,
  { sha256, receipts, erased, erasedEarly, erasedAsked, reclaimed }: LoggedDocument,
): Remark[] {
  const remarks: Remark[] = [];
  // A receipt that came before the oldest entry here may have been the reason.
  if (receipts.length > 0 && erasedEarly && fromTheStart) {
    const message = `the log says that recording ${name} was erased from a camera, and only later that its receipt came`;
    remarks.push(finding('custody.erased-early', where, message, { recording: name }));
  }
  if (erasedAsked) {
    const message = `the log says that recording ${name} was erased from a camera while the store, which had lost it, asked for it again`;
    remarks.push(finding('custody.erased-early', where, message, { recording: name }));
  }
  if (receipts.length > 0 || held.get(name)?.receiptSha256 !== undefined) return remarks;
  // It was made durable, and receipted, before the oldest entry here: those segments were dropped.
  if (!fromTheStart && sha256 === undefined) return remarks;
  const none = 'and there is no receipt for it in the log or here';
  if (erased) {
    const message = `the log says that recording ${name} was erased from a camera, ${none}`;
    remarks.push(finding('custody.erased-unreceipted', where, message, { recording: name }));
  }
  if (reclaimed) {
    const message = `the log says that the sealed copy of recording ${name} was let go, ${none}`;
    remarks.push(finding('custody.reclaimed-unreceipted', where, message, { recording: name }));
  }
  return remarks;
}

function counted(code: RemarkCode, where: string, words: string, names: readonly string[]): Remark[] {
  if (names.length === 0) return [];
  const some = names.toSorted().slice(0, NAMED_MAX).join(', ');
  const more = names.length > NAMED_MAX ? ', ...' : '';
  return [note(code, where, `${names.length} ${words}: ${some}${more}`, { recordings: names.length })];
}
