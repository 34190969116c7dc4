// What a person can do about a remark, where there is something to do. Pure.
import type { RemarkCode } from './meanings.ts';
import type { Remark } from './remark.ts';

const BACKUP = 'Look for it in a backup of the vault, and in the station’s spool before it lets its copy go.';
const ROLE_KEYS =
  'Put officer*.pub and supervisor*.pub of those who may sign into the folder of keys, and verify again.';
const RECEIVER = 'Start the receiver, which catches up by itself, and verify again.';
const STATION = 'Let the station connect to its broker; what waits there is pushed by itself.';

const REMEDIES: Partial<Record<RemarkCode, string>> = {
  'recording.missing': BACKUP,
  'recording.waiting': STATION,
  'docking.missing': BACKUP,
  'docking.waiting': STATION,
  'docking.part-missing': BACKUP,
  'docking.part-waiting': STATION,
  'docking.recording-missing': BACKUP,
  'docking.recording-waiting': STATION,
  'chain.gap': BACKUP,
  'chain.gap-waiting': STATION,
  'docking-chain.gap': BACKUP,
  'docking-chain.gap-waiting': STATION,
  'deletion.unfinished': RECEIVER,
  'deletion.missing': BACKUP,
  'deletion.put-back': 'Find out who kept a copy and put it back; the receiver removes it again.',
  'deletion.order-missing': BACKUP,
  'deletion.not-judged': ROLE_KEYS,
  'order.not-judged': ROLE_KEYS,
  'order.incomplete': 'Let the other role sign it too, or let it lapse.',
  'order.not-logged': RECEIVER,
  'order.missing': BACKUP,
  'disclosure.pending': RECEIVER,
  'witness.not-logged': RECEIVER,
  'witness.missing': BACKUP,
  'key.introduced': 'Get its public key by hand, put it into the folder of keys, and verify again.',
  'key-change.lost': 'Get the new public key by hand and compare its id with the label of the station.',
  'key-change.missing': 'Get the document from the station, or its new public key by hand.',
  'key-revocation.missing': BACKUP,
  'custody.segment-missing': BACKUP,
  'custody.end-refused':
    'Take the end of the log, and what it speaks of, over by hand from the station’s spool.',
  'docking.record-refused': 'Take the record over by hand from the station’s spool.',
  'custody.revoked-key': 'Ask who had the key since, and compare with the station’s own log in its spool.',
  'custody.fork':
    'Ask whether an older image of the station was put back; acknowledge it at the station if so.',
  'vault.quarantined': 'Read the notes in .quarantine and clear it once they are understood.',
  'payload.missing': BACKUP,
  'payload.not-for-identity': 'Give an identity of one of the recipients with --identity.',
};

/** By the second half of a code, where it has no remedy of its own. */
const BY_FAULT: Readonly<Record<string, string>> = {
  missing: BACKUP,
  'signature-missing': BACKUP,
  unreadable: 'Look after the disk and after who may read there, copy what can be read, and verify the copy.',
  'signature-unreadable':
    'Look after the disk and after who may read there, copy what can be read, and verify the copy.',
  'signature-unknown-key':
    'Compare the key id with the labels of station and store. Where the key is theirs, put it into the folder of keys and verify again.',
  version: 'Verify with the program that wrote it, or a newer one.',
  'revoked-key':
    'Do not rely on it. Where the station still has it, take it over by hand from there, with a note of how it came.',
  'unexpected-entry': 'Move it away, ask who put it there, and verify again.',
};
/** What is left to do where something was altered, exchanged or taken away. */
const ALTERED =
  'Leave everything as it is and make a copy. Compare it with a backup of the vault and with the station’s spool, and find out who could write here since the last good verification.';

/** What to do about a remark; undefined where there is nothing, which is so for notes alone. */
export function remedyOf({ kind, code }: Pick<Remark, 'kind' | 'code'>): string | undefined {
  const own = REMEDIES[code];
  if (own !== undefined || kind === 'note') return own;
  return BY_FAULT[code.slice(code.indexOf('.') + 1)] ?? ALTERED;
}
