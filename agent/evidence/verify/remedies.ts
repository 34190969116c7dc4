// What a person can do about a remark, where there is something to do. Pure.
import type { Language } from '../page/language.ts';
import type { RemarkCode } from './meanings.ts';
import { REMEDIES_DE } from './remedies-de.ts';
import type { Remark } from './remark.ts';

const REMEDIES_EN = {
  backup: 'Look for it in a backup of the vault, and in the station’s spool before it lets its copy go.',
  roleKeys:
    'Put officer*.pub and supervisor*.pub of those who may sign into the folder of keys, and verify again.',
  receiver: 'Start the receiver, which catches up by itself, and verify again.',
  station: 'Let the station connect to its broker; what waits there is pushed by itself.',
  putBack: 'Find out who kept a copy and put it back; the receiver removes it again.',
  otherRole: 'Let the other role sign it too, or let it lapse.',
  introduced: 'Get its public key by hand, put it into the folder of keys, and verify again.',
  keyLost:
    'Get the new public key by hand, compare its id with the label of the station, and put it into the folder of keys beside the old one.',
  keyChange: 'Get the document from the station, or its new public key by hand.',
  endByHand: 'Take the end of the log, and what it speaks of, over by hand from the station’s spool.',
  recordByHand: 'Take the record over by hand from the station’s spool.',
  whoHadKey: 'Ask who had the key since, and compare with the station’s own log in its spool.',
  olderImage: 'Ask whether an older image of the station was put back; acknowledge it at the station if so.',
  kitFindings: 'Read what the file says, and ask whoever keeps the vault about it.',
  quarantine: 'Read the notes in .quarantine and clear it once they are understood.',
  identity: 'Give an identity of one of the recipients with --identity.',
  medium: 'Look after the disk and after who may read there, copy what can be read, and verify the copy.',
  unknownKey:
    'Compare the key id with the labels of station and store. Where the key is theirs, put it into the folder of keys beside the old one, named alike (`station-ID.KEYID.pub` beside `station-ID.pub`, `station.KEYID.pub` beside `station.pub`), and verify again.',
  version: 'Verify with the program that wrote it, or a newer one.',
  revokedKey:
    'Do not rely on it. Where the station still has it, take it over by hand from there, with a note of how it came.',
  unexpected: 'Move it away, ask who put it there, and verify again.',
  /** What is left to do where something was altered, exchanged or taken away. */
  altered:
    'Leave everything as it is and make a copy. Compare it with a backup of the vault and with the station’s spool, and find out who could write here since the last good verification.',
} as const;

type Remedy = keyof typeof REMEDIES_EN;

/** All remedies in one language. */
export type RemedyWords = Readonly<Record<Remedy, string>>;

const WORDS: Readonly<Record<Language, RemedyWords>> = { en: REMEDIES_EN, de: REMEDIES_DE };

const REMEDIES: Partial<Record<RemarkCode, Remedy>> = {
  'recording.missing': 'backup',
  'recording.waiting': 'station',
  'docking.missing': 'backup',
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
  'order.not-judged': 'roleKeys',
  'order.incomplete': 'otherRole',
  'order.not-logged': 'receiver',
  'order.missing': 'backup',
  'disclosure.pending': 'receiver',
  'witness.not-logged': 'receiver',
  'witness.missing': 'backup',
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
  'store-log.none': 'backup',
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
  'unexpected-entry': 'unexpected',
};

/** What to do about a remark; undefined where there is nothing, which is so for notes alone. */
export function remedyOf(
  { kind, code }: Pick<Remark, 'kind' | 'code'>,
  language: Language,
): string | undefined {
  const words = WORDS[language];
  const own = REMEDIES[code];
  if (own !== undefined) return words[own];
  if (kind === 'note') return undefined;
  return words[BY_FAULT[code.slice(code.indexOf('.') + 1)] ?? 'altered'];
}
