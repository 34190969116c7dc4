// What a person can do about a remark, where there is something to do. Pure.
import type { RemarkCode } from './meanings.ts';

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
  'payload.missing': BACKUP,
  'payload.not-for-identity': 'Give an identity of one of the recipients with --identity.',
};

/** What to do about a remark of that code; undefined where there is nothing. */
export function remedyOf(code: RemarkCode): string | undefined {
  return REMEDIES[code];
}
