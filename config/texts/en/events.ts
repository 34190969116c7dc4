// Every event of a custody log as a sentence for people, in English. A name in braces is a fact of the
// entry, `{keeper}` whose log it is; what comes after a colon is the unit in which a fact is shown (agent/evidence/page/language.ts).
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';

/** An event without words is shown by its name and its facts. */
export type EventSentences = Readonly<Partial<Record<CustodyEntry['event'], string>>>;

export const EVENTS_EN: EventSentences = {
  docked: 'Camera {camera} was put into bay {bay}.',
  undocked: 'The camera was taken out of bay {bay}, or the docking ended.',
  'camera-refused': 'A camera in bay {bay} was refused ({reason}): nothing on it was listed, read or erased.',
  'camera-clock':
    'The camera’s clock was measured against the station’s: {offset_ms:s} s, ± {uncertainty_ms:u} s (+ is ahead).',
  'camera-clock-set':
    'The station set the camera’s clock; what was left: {offset_ms:s} s, ± {uncertainty_ms:u} s.',
  inventory: 'The camera was listed: {entries:n} files with {bytes:n} bytes; SHA-256 of the list {sha256}.',
  seen: 'A file of {size_bytes:n} bytes was seen on the camera; SHA-256 of its place {path_sha256}.',
  'seen-more': '{entries:n} more files were seen that the log counts only; SHA-256 of their list {sha256}.',
  pulled: 'Every byte was read from the camera: {size_bytes:n} bytes, SHA-256 {sha256}.',
  sealed:
    'Sealed in the same pass: {sealed_size_bytes:n} bytes, SHA-256 of the list of digests {chunks_sha256}.',
  rejected: 'It counts as odd ({reason}), and was kept all the same.',
  spooled: 'Signed and durable on the station’s disk; SHA-256 of the manifest {manifest_sha256}.',
  matched: 'The file on the camera was read again and has the bytes of recording {recording}.',
  'not-taken': 'A file could not be taken then ({reason}); it stayed on the camera.',
  'docking-recorded': 'The record of the docking was signed, part {part} of {parts}: SHA-256 {sha256}.',
  'document-recorded': 'A document of kind {kind} was signed: SHA-256 {sha256}.',
  offered: 'Offered to the store ({recording}).',
  receipted:
    'The receipt of store {receiver} for {recording} was verified and kept: SHA-256 {receipt_sha256}.',
  'asked-again':
    'Store {receiver} did not hold {recording} any more and asked for it again: its receipt with SHA-256 {receipt_sha256} allowed nothing from then on.',
  'store-restored':
    'Store {receiver} was restored from a backup, as its statement with SHA-256 {restored_sha256} says: no receipt of before allowed anything from then on.',
  'store-log': 'The station kept a checkpoint of the store’s log: {checkpoint}',
  'receipt-refused': 'A receipt was not accepted ({reason}).',
  erasing: 'Station {keeper} was about to erase the file of recording {recording} from the camera.',
  erased:
    'Station {keeper} erased the file of recording {recording} from the camera; a new listing, or a look for its name, confirmed that it is gone.',
  'not-erased': 'The station did not erase the file of recording {recording} from the camera ({reason}).',
  'erasure-unconfirmed':
    'Station {keeper} told the camera to erase the file of recording {recording}; nobody could see whether it is gone ({reason}).',
  'spool-reclaimed': 'The station removed its own sealed copy of {recording}.',
  'spool-documents-dropped':
    'The station let go of its copies of manifest and receipt of {recording}; the store holds both.',
  quarantined: '{name} was set aside at the station ({reason}).',
  'difference-found':
    'The station found a difference between its log and the store or its disk: {difference}, {subject}.',
  'difference-gone': 'That difference is gone: {difference}, {subject}.',
  'difference-acknowledged': 'Somebody looked at {differences} differences and acknowledged them ({reason}).',
  carried: 'Said again, before an old segment of the log was dropped.',
  'camera-retired': 'Somebody took camera {camera} out of use ({reason}).',
  'agent-started': 'The station’s program started, version {version}.',
  'agent-stopped': 'The station’s program was stopped.',
  configuration: 'In force from here on: the configuration with SHA-256 {sha256}.',
  'clock-state': 'The station’s clock was synchronised: {synchronised}.',
  'clock-stepped': 'The station’s clock was changed by {step_ms:s} s.',
  'key-changed': '{keeper} changed its signing key from {old_key_id} to {new_key_id}.',
  'proof-installed':
    'From here on it counts as proven that the recipient with SHA-256 {recipient_sha256} can open what is sealed.',
  'chain-broken': 'The station itself found its log broken: segment {segment} behind entry {sequence}.',
  'expiry-warned': 'The store warned that it will be deleted at {due_at:t}.',
  order: 'An order to {verb} was signed by the {role} and taken up.',
  evaluation: 'An evaluation by an evaluator was taken up.',
  'hold-lapsed': 'A hold lapsed: its second signature did not come.',
  deleting: 'The store began to delete it; SHA-256 of the deletion record {deletion_sha256}.',
  deleted: 'The store deleted the sealed file; SHA-256 of the deletion record {deletion_sha256}.',
  policy: 'Policy {number} of both roles came into force; its SHA-256 is {policy_sha256}.',
  retention: 'The store announced that recordings stay for {days} days and documents for {documents_days}.',
  'documents-dropped': 'The store let its documents go, as old as configured.',
  disclosed: 'Somebody used “{command}” on it at {asked_at:t}; reason: {reason}.',
};
