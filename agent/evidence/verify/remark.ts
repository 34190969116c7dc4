// What a verification says: findings (something does not hold) and notes (worth knowing, and no fault), what they mean and what can be done.
// Codes are stable; their texts lie in texts-en.ts and texts-de.ts.
import type { Facts } from '../../../protocol/format/errors.ts';
import type { Language } from '../page/language.ts';
import * as de from './texts-de.ts';
import * as en from './texts-en.ts';

/** Kinds of documents, as their remarks' codes begin. */
export type DocumentName =
  | 'manifest'
  | 'docking'
  | 'staff-report'
  | 'staff-text'
  | 'receipt'
  | 'deletion'
  | 'order'
  | 'evaluation'
  | 'policy'
  | 'key-change'
  | 'key-revocation'
  | 'restored';

/** Codes of all remarks: those that every kind of document has, and others. */
export type RemarkCode = keyof typeof en.MEANINGS | `${DocumentName}.${keyof typeof en.FAULTS}`;

/** One thing that was found. A text may hold names from a hostile disk: escape it before it goes to a terminal. */
export interface Remark {
  readonly kind: 'finding' | 'note';
  readonly code: RemarkCode;
  /** Path below the folder that was verified; "." for that folder itself. */
  readonly where: string;
  /** What was found, and what was expected. */
  readonly message: string;
  /** The same as values: expected, found, unit, offset_bytes ... */
  readonly facts: Facts;
}

/** The same by the word of the field: what is mostly said is a finding. */
export type Finding = Remark;

/** Something that does not hold. */
export function finding(code: RemarkCode, where: string, message: string, facts: Facts = {}): Remark {
  return { kind: 'finding', code, where, message, facts };
}

/** Something worth knowing that is no fault. */
export function note(code: RemarkCode, where: string, message: string, facts: Facts = {}): Remark {
  return { kind: 'note', code, where, message, facts };
}

/** A path below `where`, without a leading "./". */
export function below(where: string, name: string): string {
  return where === '.' ? name : `${where}/${name}`;
}

/** A name from disk as it may stand in a message: quoted, escaped, cut. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}

const TEXTS: Readonly<Record<Language, de.Texts>> = { en, de };

/** What a remark of that code means, in one or two sentences. */
export function meaningOf(code: RemarkCode, language: Language): string {
  const meanings: Readonly<Record<string, string>> = TEXTS[language].MEANINGS;
  const faults: Readonly<Record<string, string>> = TEXTS[language].FAULTS;
  const fault = code.slice(code.indexOf('.') + 1);
  return meanings[code] ?? faults[code] ?? meanings[fault] ?? faults[fault] ?? code;
}

type Remedy = keyof typeof en.REMEDIES;

const REMEDIES: Partial<Record<RemarkCode, Remedy>> = {
  'recording.missing': 'backup',
  'recording.waiting': 'station',
  'docking.missing': 'backup',
  'document.missing': 'backup',
  'document.waiting': 'station',
  'docking.waiting': 'station',
  'docking.part-missing': 'backup',
  'docking.part-waiting': 'station',
  'docking.recording-missing': 'backup',
  'docking.recording-waiting': 'station',
  'chain.gap': 'backup',
  'chain.gap-waiting': 'station',
  'docking-chain.gap': 'backup',
  'docking-chain.gap-waiting': 'station',
  'deletion.unfinished': 'receiver',
  'deletion.missing': 'backup',
  'deletion.put-back': 'putBack',
  'deletion.order-missing': 'backup',
  'deletion.not-judged': 'roleKeys',
  'deletion.order-not-judged': 'roleKeys',
  'deletion.hold-not-judged': 'roleKeys',
  'deletion.policy-not-judged': 'roleKeys',
  'drop.policy-not-judged': 'roleKeys',
  'drop.hold-not-judged': 'roleKeys',
  'policy.not-judged': 'roleKeys',
  'policy.missing': 'backup',
  'policy.differs': 'backup',
  'order.not-judged': 'roleKeys',
  'order.incomplete': 'otherRole',
  'order.not-logged': 'receiver',
  'order.missing': 'backup',
  'evaluation.not-judged': 'roleKeys',
  'evaluation.not-logged': 'receiver',
  'disclosure.pending': 'receiver',
  'key.introduced': 'introduced',
  'key-change.lost': 'keyLost',
  'key-change.missing': 'keyChange',
  'key-revocation.missing': 'backup',
  'custody.segment-missing': 'backup',
  'custody.end-refused': 'endByHand',
  'docking.record-refused': 'recordByHand',
  'custody.revoked-key': 'whoHadKey',
  'custody.fork': 'olderImage',
  'vault.quarantined': 'quarantine',
  'kit.findings': 'kitFindings',
  'payload.missing': 'backup',
  'payload.asked-again': 'backup',
  'restored.missing': 'backup',
  'restored.unsigned': 'bothRoles',
  'restored.not-judged': 'roleKeys',
  'store-log.none': 'backup',
  'log.not-fixed': 'outside',
  'store-log.key-missing': 'backup',
  'payload.not-for-identity': 'identity',
};

/** By the second half of a code, where it has no remedy of its own. */
const BY_FAULT: Readonly<Record<string, Remedy>> = {
  missing: 'backup',
  'signature-missing': 'backup',
  unreadable: 'medium',
  'signature-unreadable': 'medium',
  'signature-unknown-key': 'unknownKey',
  'checkpoint-signature-unknown-key': 'unknownKey',
  version: 'version',
  'revoked-key': 'revokedKey',
  'doubtful-key': 'doubtfulKey',
  'unexpected-entry': 'unexpected',
};

/** What to do about a remark; undefined where there is nothing, which is so for notes alone. */
export function remedyOf(
  { kind, code }: Pick<Remark, 'kind' | 'code'>,
  language: Language,
): string | undefined {
  const words = TEXTS[language].REMEDIES;
  const own = REMEDIES[code];
  if (own !== undefined) return words[own];
  if (kind === 'note') return undefined;
  return words[BY_FAULT[code.slice(code.indexOf('.') + 1)] ?? 'altered'];
}
