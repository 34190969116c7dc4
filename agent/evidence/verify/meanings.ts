// What each remark means for the person who reads it: one sentence a code. Those of dockings and of the store stand in files beside this one.
import type { Language } from '../page/language.ts';
import { MEANINGS_DE } from './meanings-de.ts';
import { DOCKING_MEANINGS } from './meanings-dockings.ts';
import { FAULTS_DE } from './meanings-documents-de.ts';
import { ALTERED, FAULTS, MEDIUM, OTHER_KEY, OTHER_KIND, type DocumentCode } from './meanings-documents.ts';
import { STORE_MEANINGS } from './meanings-store.ts';

const NO_CHAIN = 'An entry was taken out, added or altered after the log was written.';

/** Code to meaning; in German in meanings-de.ts. */
export const MEANINGS = {
  ...DOCKING_MEANINGS,
  ...STORE_MEANINGS,

  'folder.unreadable':
    'It is not a folder, or the disk or its permissions do not let it be read; nothing is known about what should lie there.',
  'folder.unexpected-entry': 'It does not belong here and nothing vouches for it: it was put there by hand.',
  'folder.not-checked': 'Only folders that are named like recordings are looked at here.',
  'folder.unfinished': 'A write that was cut off left it behind; it was never claimed by anybody.',

  'kit.findings':
    'Not everything held when this kit was made. What can be looked at here may hold all the same: much of what that file names shows only in the whole vault.',

  'manifest.rule': 'The manifest contradicts itself or the format: no station of ours signs such a manifest.',
  'manifest.other-recording':
    'The documents of another recording lie in this folder: folders or files were exchanged.',
  'manifest.other-station': 'The recording of another station lies here: it was moved by hand.',
  'manifest.revoked-key':
    'Its key was revoked, and no receipt shows that it was there before: whoever has that key may have made it since.',

  'receipt.missing': 'The station has had a receipt of the store; the copy here was lost or taken away.',
  'receipt.none': 'The store has not confirmed this recording yet; the camera keeps its file until it has.',
  'receipt.wrong-kind':
    'The receipt confirms a docking record where a recording lies, or the other way round.',
  'receipt.wrong-recording': 'The receipt confirms another recording.',
  'receipt.wrong-station': 'The receipt confirms a recording of another station.',
  'receipt.wrong-manifest':
    'The receipt confirms another manifest: an older sealing, or the manifest was exchanged since.',
  'receipt.wrong-size': 'The store confirmed a sealed file of another length.',
  'receipt.wrong-chunks': 'The store confirmed a sealed file with other content.',
  'receipt.wrong-vault':
    'The receipt was given by another vault: this copy was put here by hand, or vault.json was exchanged.',
  'receipt.custody-segment-missing':
    'The store held this part of the custody log when it gave the receipt; it was lost or taken away.',
  'receipt.custody-head-missing':
    'The store held more of the custody log when it gave the receipt: its end was cut off.',
  'receipt.custody-head-differs':
    'The custody log is not the one that the store held when it gave the receipt: it was exchanged or altered.',

  'payload.missing': 'The sealed recording itself is gone.',
  'payload.asked-again':
    'The store had lost this recording and asked for it again, so the station kept it: its sealed file was lost or taken away.',
  'payload.unreadable': MEDIUM,
  'payload.size': 'Bytes of the sealed recording are missing, or bytes were added.',
  'payload.unit-altered':
    'The sealed recording was altered or damaged at this place; other units are not affected.',
  'payload.header':
    'The sealed file does not begin as an age file for the recipients that the manifest names.',
  'payload.not-for-identity':
    'It was not checked whether the recording opens: give an identity of one of its recipients.',
  'payload.no-recipient': 'The manifest promises that this identity opens the recording, and it does not.',
  'payload.damaged': 'Decryption found altered bytes; the original cannot be restored as a whole.',
  'payload.truncated':
    'The end of the sealed recording is missing; the original cannot be restored as a whole.',
  'payload.original-size': 'What was sealed is not what the manifest describes.',
  'payload.original-digest': 'What was sealed is not what the manifest describes.',
  'chunks.missing':
    'Without the list of digests it cannot be said which part of the sealed recording is good.',
  'chunks.unreadable': MEDIUM,
  'chunks.size': 'Digests are missing from the list or were added.',
  'chunks.digest': 'The list of digests was altered or damaged; what it says of single units proves nothing.',
  'source.damaged': 'The sealed name of the original cannot be opened.',
  'source.refused': 'The sealed name of the original is not in the form that a station writes.',
  'source.wrong-path': 'The sealed name is not the one whose digest the manifest carries.',

  'recording.missing': 'The custody log says that it was here: it was lost or taken away.',
  'recording.waiting':
    'The station has spooled them and the store has not confirmed them: they are still to come, or were replaced.',
  'recording.not-logged': 'The part of the custody log that would name them is not here (yet).',
  'chain.two-starts':
    'Each camera has one first recording per station key: an older state of the station was put back, or a recording was forged.',
  'chain.fork':
    'Two recordings claim the same predecessor: an older state of the station was put back, or a recording was forged.',
  'chain.gap': 'A recording that the station has signed is not here: it was lost or taken away.',
  'chain.gap-dropped': 'The store let its documents go long after its payload; its log says so.',
  'chain.gap-elsewhere':
    'Single recordings were verified, not a whole vault: the one between them may lie elsewhere.',
  'chain.gap-waiting':
    'The recording between them has not arrived yet; the custody log says that it still lies at the station.',
  'chain.gap-superseded': 'The recording between them was replaced by another one that is here.',
  'chain.other-chain':
    'A recording names that of another camera or key as its predecessor: manifests were exchanged or forged.',
  'chain.cycle': 'Recordings name each other as predecessors, which no station can do: they were forged.',
  'sidecar.missing': 'They came in another docking, or were lost or taken away.',
  'sidecar.one-sided':
    'Only one of the two names the other; they may have been seen in different inventories.',

  'custody.retired-unknown':
    'Somebody took a camera out of use that never docked here: the id may be misspelled, and the camera that was meant is still awaited.',
  'custody.none': 'Without it nothing can be said about recordings that are missing here.',
  'custody.unreadable': MEDIUM,
  'custody.torn-tail':
    'A power cut while it was written, or an entry that is just being written; nobody was told of it.',
  'custody.torn-ended':
    'Nobody writes to a segment that another one continues: it was cut or added to, by hand or by its medium.',
  'custody.entry-refused': 'The line is no entry of a custody log: it was altered or damaged.',
  'custody.entry-missing': NO_CHAIN,
  'custody.entry-doubled': NO_CHAIN,
  'custody.entry-order': NO_CHAIN,
  'custody.entry-altered': NO_CHAIN,
  'custody.not-opened': 'The beginning of the segment is missing or belongs to another one.',
  'custody.other-station': 'The log of another station lies here: it was moved by hand.',
  'custody.checkpoint-refused': 'The signed head cannot be read: entries up to here are not vouched for.',
  'custody.checkpoint-signature-malformed': 'Entries up to here are not vouched for.',
  'custody.checkpoint-signature-unknown-key': OTHER_KEY,
  'custody.checkpoint-signature-wrong': ALTERED,
  'custody.checkpoint-signature-comment': OTHER_KIND,
  'custody.checkpoint-head':
    'The signed head is not that of the entries before it: entries were exchanged, or the checkpoint was.',
  'custody.unsigned-tail':
    'The newest entries wait for their checkpoint; the chain holds them, no signature does yet.',
  'custody.unsigned-end':
    'The store takes a log only as far as its signed checkpoints, and nothing follows what waits for one: these lines were put there by somebody without a key.',
  'custody.signature-unreadable': MEDIUM,
  'custody.signature-malformed': 'The signature file was damaged or is of another kind.',
  'custody.signature-unknown-key': OTHER_KEY,
  'custody.signature-wrong': ALTERED,
  'custody.signature-comment': OTHER_KIND,
  'custody.signature-alone': 'The log that it signs was lost or taken away.',
  'custody.two-starts':
    'A log has one first segment: an older state of the station was put back, or its log was lost once.',
  'custody.repeated': 'Writing failed there and was done again in the next segment; nothing is lost.',
  'custody.fork': 'An older state of the station was put back, and the log went on from there a second time.',
  'custody.cycle': 'Segments follow each other in a circle, which no station can write: they were forged.',
  'custody.segment-missing': 'A part of the log was lost or taken away.',
  'custody.segment-dropped':
    'It was let go as old as configured, with its head kept; what is here goes on from there.',
  'custody.two-keys': 'A segment is of one key: a part of it was signed by somebody else.',
  'custody.key-not-announced':
    'Whoever changes to a new key says so in the second entry; this segment does not.',
  'custody.old-key':
    'Whoever changed to a new key signs nothing more with the old one: somebody who has the old key went on with the log, or signed a document behind it.',
  'custody.revoked-key':
    'Only a revoked key vouches for these entries, and no receipt shows that they were there before: judge them with care.',
  'custody.end-refused':
    'A store takes no entries that only a revoked key signed: what is missing here lies at the station, and what came of it in the store’s quarantine.',
  'custody.tail-missing': 'The end of a segment was cut off.',
  'custody.link-differs':
    'The segment that was followed is not the one that lies here: it was exchanged or altered.',
  'custody.break-noted': 'The station itself found its log broken and went on in a new segment.',
  'custody.other-manifest': 'The log vouches for another manifest of this recording: it was exchanged.',
  'custody.other-original':
    'The log says that other bytes were read from the camera than the manifest describes: one of the two was forged.',
  'custody.other-sealed':
    'The log says that something else was sealed than the manifest describes: one of the two was forged.',
  'custody.other-rejection':
    'Log and manifest give different reasons why the recording is odd: one of the two was forged.',
  'custody.not-named':
    'The log knows the whole docking and not this recording: it was put there later, or the log is not the one that was written.',
  'custody.facts':
    'An entry says something else than entries of its kind say; no program of ours writes such an entry.',
  'custody.group-open':
    'A group of entries is signed after 64 at most; so many without a checkpoint no station of ours writes.',
  'custody.other-receipt': 'The log names another receipt for this recording: it was exchanged.',
  'custody.erased-early':
    'A file was erased from a camera before the store’s word had come: this must never happen.',
  'custody.erased-unreceipted':
    'A file was erased from a camera without the store’s word: this must never happen.',

  'custody.reclaimed-unreceipted':
    'The station let its sealed copy go without the store’s word: this must never happen.',

  'vault.no-id': 'The folder is taken for a vault by its content; receipts are not compared with a vault id.',
  'vault.id-refused': 'It cannot be said which vault this is.',
  'vault.unfinished': 'They are being received, or wait for a station to go on.',
  'vault.quarantined': 'The receiver set them aside because they were odd; a note beside each says why.',
  'spool.unfinished': 'They were being sealed; the next start removes what no manifest names.',
  'spool.quarantined': 'The station set them aside because they were odd.',
  'proof.refused': 'The proof that a recipient can open does not hold; the release gate counts it as none.',
} as const satisfies Readonly<Record<string, string>>;

/** Codes of all remarks: those of every kind of document, and those above. */
export type RemarkCode = keyof typeof MEANINGS | DocumentCode;

/** Whole codes, and second halves of those of documents, to their meaning. */
const ALL: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  en: new Map(Object.entries({ ...FAULTS, ...MEANINGS })),
  de: new Map(Object.entries({ ...FAULTS_DE, ...MEANINGS_DE })),
};

/** What a remark of that code means, in one or two sentences. */
export function meaningOf(code: RemarkCode, language: Language): string {
  const words = ALL[language];
  return words.get(code) ?? words.get(code.slice(code.indexOf('.') + 1)) ?? code;
}
