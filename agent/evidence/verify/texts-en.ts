// What each remark means for the person who reads it, one sentence a code, and what can be done about it. German: texts-de.ts.

const NO_CHAIN = 'An entry was taken out, added or altered after the log was written.';
const ALTERED = 'It was altered or damaged after it was signed, or it was never signed with this key.';
const OTHER_KEY =
  'Somebody else signed it, or the key is not among those given: compare the key ids with the labels of station and store.';
const OTHER_KIND = 'The signature was made for another kind of document and was put beside this one.';
const MEDIUM = 'The disk or its permissions do not let it be read; nothing is known about its content.';
const NOT_OURS =
  'No program of ours writes such bytes: the file was altered, damaged, or made by something else.';

/** What can be wrong with a signed document of any kind, by the second half of a code. */
export const FAULTS = {
  missing: 'Without this document nothing can be said about what it stands for: it was lost or taken away.',
  unreadable: MEDIUM,
  oversize: NOT_OURS,
  'not-canonical': NOT_OURS,
  refused: NOT_OURS,
  version: 'It was written by a newer program: verify it with that one.',
  'signature-missing': 'Anybody could have written the document: its signature was lost or taken away.',
  'signature-unreadable': MEDIUM,
  'signature-malformed':
    'The signature file was damaged or is of another kind; nothing vouches for the document.',
  'signature-unknown-key': OTHER_KEY,
  'signature-wrong': ALTERED,
  'signature-comment': OTHER_KIND,
} as const;

/** By code. */
export const MEANINGS = {
  'folder.unreadable':
    'It is not a folder, or the disk or its permissions do not let it be read; nothing is known about what should lie there.',
  'folder.unexpected-entry': 'It does not belong here and nothing vouches for it: it was put there by hand.',
  'folder.not-checked':
    'No signature says anything of them: do not rely on what they say, but on this verification with keys that came from elsewhere.',
  'folder.unfinished': 'A write that was cut off left it behind; it was never claimed by anybody.',

  'kit.findings':
    'Not everything held when this kit was made. What can be looked at here may hold all the same: much of what that file names shows only in the whole vault.',

  'manifest.rule': 'The manifest contradicts itself or the format: no station of ours signs such a manifest.',
  'manifest.other-recording':
    'The documents of another recording lie in this folder: folders or files were exchanged.',
  'manifest.other-station': 'The recording of another station lies here: it was moved by hand.',
  'manifest.revoked-key':
    'Its key was revoked, and no receipt shows that it was there before: whoever has that key may have made it since.',
  'manifest.doubtful-key':
    'Its key was revoked, and the store says that somebody else may have had it when this came: it may be his.',

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

  'recording.doubled':
    'Somebody put a copy of it into the folder of another station, or gave an id a second time: judge neither by this verification.',
  'recording.missing': 'The custody log says that it was here: it was lost or taken away.',
  'recording.waiting':
    'The station has spooled them and the store has not confirmed them: they are still to come, or were replaced.',
  'recording.unlogged':
    'No entry of the log of its station names it, though the log goes on after it: it was not made by that station, or its log is another one.',
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

  'log.shortened':
    'Somebody saw more lines of the store’s log than are here: its end was taken away, or the store was restored from a backup.',
  'log.forked':
    'Somebody saw other lines of the store’s log than those that are here: it was written again by a person who has its key.',
  'log.checkpoint': 'What lies here as a checkpoint of the store’s log is none that its key signed.',
  'log.cosignature': 'The cosignature does not hold with the key of the witness that it names.',
  'log.timestamp': 'Nobody whose certificate is given says when this checkpoint was there.',
  'log.other-vault': 'A checkpoint of another vault is not judged.',
  'log.no-checkpoint': 'Without it the lines of the log rest on their chain alone.',
  'log.origin':
    'The log goes on as another one than it may: it was put together, or a statement that it was restored is missing.',
  'log.size': 'The log goes on at another line than it ended: lines were taken away or put in.',
  'log.tail-missing': 'The vault held more of the log of this station than is here: its end was taken away.',
  'log.not-fixed':
    'Up to when the log was as it is here, only the store says: what was taken away since would not be missed.',
  'receipt.proof':
    'The proof does not tie the receipt that lies here to the log of the store: one of the two was exchanged.',
  'receipt.fixed':
    'Somebody outside saw the log of the store with this receipt in it: it was there by then, as it is here.',
  'receipt.not-fixed': 'Since when these receipts are in the log, only the store says.',
  'receipt.policy':
    'The store’s entry about this receipt names another policy than the document, or none: so it could claim shorter times later.',
  'receipt.misdated':
    'The store entered this receipt more than a day after the time that it says: its clock was wrong, or the receipt was dated back. What goes by that time is not judged.',
  'receipt.unlogged': 'The store’s log does not name this receipt: a power cut may have taken the entry.',

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
  'custody.other-head':
    'The signed head of a segment in a kit is that of its last checkpoint: it was taken away or exchanged, or the segment was cut.',
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
    'Whoever changed to a new key signs nothing more with the old one: somebody who has the old key went on with the log, or signed a document after that.',
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
  'vault.quarantined': 'The receiver set them aside because they were unusual; a note beside each says why.',
  'spool.unfinished': 'They were being sealed; the next start removes what no manifest names.',
  'spool.quarantined': 'The station set them aside because they were unusual.',
  'proof.refused': 'The proof that a recipient can open does not hold; the release gate counts it as none.',

  // Docking records (SPEC 4.6).
  'docking.other-record':
    'The documents of another docking record lie in this folder: folders or files were exchanged.',
  'docking.other-station': 'The docking record of another station lies here: it was moved by hand.',
  'docking.rule':
    'The docking record contradicts itself or the format: no station of ours signs such a record.',
  'docking.revoked-key':
    'Its key was revoked, and no receipt shows that it was there before: whoever has that key may have made it since.',
  'docking.doubtful-key':
    'Its key was revoked, and the store says that somebody else may have had it when this came: it may be his.',
  'docking.twice':
    'A docking has one record: an older state of the station was put back, or a record was forged.',
  'docking.part-missing': 'A part of the docking record is not here: it was lost or taken away.',
  'docking.part-waiting':
    'A part of the docking record has not arrived yet; the custody log says that it still lies at the station.',
  'docking.part-dropped':
    'The store let a part of the docking record go, long after the recordings that it names; its log says so.',
  'docking.part-differs':
    'Parts of one docking record contradict each other: they are of different dockings, or one was forged.',
  'docking.inventory-differs':
    'The entries are not those that the camera showed when it was docked: one was taken out, added or altered.',
  'docking.recording-missing':
    'The station took this recording at that docking, and it is not here: it was lost or taken away.',
  'docking.recording-waiting':
    'It has not arrived yet; as far as the custody log here tells, it still lies at the station.',
  'docking.recording-elsewhere':
    'Single folders were verified, not a whole vault: the recordings may lie elsewhere.',
  'docking.recording-replaced': 'It was sealed anew, and the recording that replaces it is here.',
  'docking.recording-dropped': 'The store let its documents go long after its payload; its log says so.',
  'docking.recording-set-aside': 'The station set it aside because it was odd; the custody log says so.',
  'docking.recording-differs':
    'Docking record and manifest say different things of one recording: one of the two was exchanged or forged.',
  'capture.bounds':
    'The capture time lies outside of the two dockings around it, as their records say them: manifest or docking record was forged.',
  'capture.measured':
    "The capture time is not what the measurements of the camera's clock make of the time of its file: manifest or docking record was forged.",
  'capture.unmeasured':
    "The capture time calls itself measured, and the docking record has no measurement of the camera's clock: one of the two was forged.",
  'docking.recording-not-listed':
    'The record of its docking does not know it: the recording was put there later, or the record is not the one that was made.',
  'docking.record-elsewhere':
    'Without the record of their docking it cannot be said whether all that was on the camera is here.',
  'docking.stay':
    'A stay is one camera in one bay from plug to unplug: this docking was counted to another one, which no station of ours does.',
  'docking.missing': 'The custody log says that it was here: it was lost or taken away.',
  'docking.waiting': 'The station has made it and the store has not confirmed it: it is still to come.',
  'docking.unlogged':
    'No entry of the log of its station names it, though the log goes on after it: it was not made by that station, or its log is another one.',
  'docking.not-logged': 'The part of the custody log that would name it is not here (yet).',
  'docking.not-recorded':
    'A camera was in its bay and nothing says what was on it: the station lost the record, or never made it.',
  'docking.record-refused':
    'A key that was revoked signed the record of this docking, and the store takes nothing by such a key: it lies at the station.',
  'docking.open': 'The camera was still in its bay, or had just left, when the custody log here ends.',
  'docking.log-differs':
    'Docking record and custody log say different things of one docking: one of the two was exchanged or forged.',
  'docking.erased-not-logged':
    'Docking record and log say different things of the erasure of a file from the camera: one of the two was forged.',
  'docking.erased-uncompared':
    'A file that was read in several dockings was erased from the camera without another look at all of it: this must never happen.',
  'custody.other-docking-record': 'The log vouches for another docking record: it was exchanged.',
  'staff-report.other-record':
    'The documents of another report of the staff lie in this folder: folders or files were exchanged.',
  'staff-report.other-station': 'A report of the staff of another station lies here: it was moved by hand.',
  'staff-report.revoked-key':
    'Its key was revoked, and no receipt shows that it was there before: whoever has that key may have made it since.',
  'staff-report.doubtful-key':
    'Its key was revoked, and the store says that somebody else may have had it when this came: it may be theirs.',
  'staff-text.other-record':
    'The documents of another text of the staff lie in this folder: folders or files were exchanged.',
  'staff-text.other-station': 'A text of the staff of another station lies here: it was moved by hand.',
  'staff-text.revoked-key':
    'Its key was revoked, and no receipt shows that it was there before: whoever has that key may have made it since.',
  'staff-text.doubtful-key':
    'Its key was revoked, and the store says that somebody else may have had it when this came: it may be theirs.',
  'document.missing':
    'The custody log says that this report or text of the staff was here: it was lost or taken away.',
  'document.waiting': 'The station has made it and the store has not confirmed it: it is still to come.',
  'document.unlogged':
    'No entry of the log of its station names this report or text of the staff, though the log goes on after it: it was not made by that station, or its log is another one.',
  'document.not-logged': 'The part of the custody log that would name it is not here (yet).',
  'custody.other-document': 'The log vouches for another report or text of the staff: it was exchanged.',
  'docking-chain.two-starts':
    'Each camera has one first docking per station key: an older state of the station was put back, or a record was forged.',
  'docking-chain.fork':
    'Two docking records claim the same predecessor: an older state of the station was put back, or one was forged.',
  'docking-chain.gap': 'A docking record that the station has signed is not here: it was lost or taken away.',
  'docking-chain.gap-elsewhere':
    'Single folders were verified, not a whole vault: the record between may lie elsewhere.',
  'docking-chain.gap-waiting':
    'The record between has not arrived yet; the custody log says that it still lies at the station.',
  'docking-chain.gap-dropped':
    'It was let go once it was receipted, or as old as configured; a log says so, or began later.',
  'docking-chain.other-chain':
    'A docking record names that of another camera or key as its predecessor: records were exchanged or forged.',
  'docking-chain.cycle':
    'Docking records name each other as predecessors, which no station can do: they were forged.',
  'docking-chain.order':
    'A docking began before the one that it follows, by a clock that was right at both: records were exchanged or forged.',
  'docking-chain.order-twice':
    'Two cameras of one id were in two bays at the same time: their records follow each other as the dockings ended.',
  'docking-chain.order-unsure':
    'By the station’s clock a docking began before the one that it follows; but it was not synchronised at one of them, or the docking was cut off and its record was made late.',

  // The store's own documents: deletions, orders, disclosures and keys (SPEC 4.7 to 4.11).
  'deletion.differs':
    'The deletion record speaks of something else than what lies beside it: it was exchanged or forged.',
  'deletion.wrong-due':
    'When the recording was due follows from its manifest and receipt, and is another time.',
  'deletion.before-receipt': 'The record says that it was deleted before it was received: it was dated back.',
  'deletion.too-early': 'The recording was deleted before it was due, and nobody had ordered that.',
  'deletion.in-future':
    'The record is of a time that had not come when it was there: it was dated ahead so that it looks due, or a clock was wrong.',
  'policy.not-judged': 'A policy of both roles lies here, and no key of a role is given to judge it.',
  'policy.other-number': 'The policy lies in a folder of another number: it counts for nothing.',
  'policy.other-vault': 'The policy is of another vault: it counts for nothing here.',
  'policy.same-key': 'One key signed the policy as both roles: it counts for nothing.',
  'policy.not-entered':
    'The store’s log does not name this policy: it was never in force, or a cut kept the entry out.',
  'policy.number': 'The store’s log puts a policy in force whose number is not above that of one before it.',
  'policy.differs': 'The store’s log names this policy with another digest: one of the two was exchanged.',
  'deletion.policy-not-judged':
    'How long the recording had to stay, a policy of both roles says, which cannot be judged without the keys of the roles, or because it is not here.',
  'deletion.receiver-not-known':
    'Whether that receiver ran at all, only the whole vault shows: have that verified.',
  'drop.policy-not-judged':
    'Documents went after fewer than 90 days. A policy allows that, which cannot be judged without the keys of the roles.',
  'drop.hold-not-judged':
    'Both roles held a recording and lifted that before its documents went: whether both did cannot be judged without their keys.',
  'deletion.too-few-days':
    'The recording was kept for fewer days than counted when it came: fewer count only for what comes later, and fewer than 14 only by both roles.',
  'deletion.no-outside-time':
    'It went by its time, and by the store’s log nobody outside of the store had said what time it was: its clock may have been set ahead.',
  'deletion.not-warned':
    'What is due soon after it came is deleted a day after a warning, and what came while the store’s clock had lost its time after as many days as it is kept; there was none in time.',
  'deletion.held': 'The recording was deleted while a hold forbade it.',
  'deletion.order-missing':
    'The order that the deletion rests on is not here: it was lost, taken away or never given.',
  'deletion.order-invalid':
    'The order that the deletion rests on does not allow it: it is about something else, or lacks a signature.',
  'deletion.unfinished':
    'The deletion was cut off between its record and the last byte; the receiver finishes it at its next start.',
  'deletion.put-back':
    'The recording was deleted, and bytes lie in its place again: somebody kept a copy and put it back.',
  'deletion.not-logged':
    'The store’s own log does not know this deletion record: it was forged, or the log was cut.',
  'deletion.missing':
    'The store’s log says that it deleted the recording, and its record of that is not here: it was lost or taken away.',
  'deletion.order-not-judged':
    'The recording was deleted by an order, and without the keys of both roles it is not known whether they gave it: two keys that somebody else added would do the same.',
  'deletion.hold-not-judged':
    'An order to hold lies here, and without the keys of the two roles nobody can say whether it forbade the deletion.',
  'deletion.not-judged': 'Whether the deletion was allowed cannot be said without what is named here.',

  'drop.recording':
    'The store dropped the documents of this recording long after its payload. Its deletion record stays; when it was received, deleted and dropped is said here.',
  'drop.unrecorded':
    'Version 0.1.0 of the store removed the deletion record together with the other documents: whether the recording was due, and by which order it went, cannot be judged any more.',
  'drop.not-deleted':
    'The store’s log says that documents were dropped of a recording that it had not deleted before: the recording was removed.',
  'drop.too-early': 'Documents were dropped before their time was over: what they prove was taken away.',
  'drop.held': 'Documents were dropped of a recording that a hold of both roles forbids to delete.',
  'drop.in-future':
    'The store’s log says of a time that has not come yet that something was dropped: the entry is forged, or a clock was wrong.',
  'drop.other-receipt':
    'The store’s log names another receipt than the station had for these documents: something else was dropped than it says.',
  'drop.other-time':
    'When the documents were received does not fit the station’s log, and the store did not enter the receipt then: the time was made up.',
  'drop.docking-needed':
    'A docking record was dropped while a recording of that docking is still here, which it should name.',
  'drop.segment':
    'A part of a log was dropped before its time was over, or one that never goes: what it says was taken away.',

  'order.other-order': 'The documents of another order lie in this folder: folders or files were exchanged.',
  'order.other-station': 'The order is about a recording of another station: it was moved by hand.',
  'order.other-manifest':
    'The order names another manifest for this recording: it does not count for what lies here.',
  'order.unsigned': 'Nobody of the two roles has signed the order; it counts for nothing.',
  'order.same-key': 'Both signatures are of one key: two persons must sign.',
  'order.incomplete': 'One role has signed. A hold counts for seven days so, the other orders not at all.',
  'order.not-judged': 'The keys of the two roles are not given, so that nobody can say who signed.',
  'order.other-logged':
    'The store took up another order under this id: the order was exchanged since, whoever signed it anew.',
  'order.signature-gone':
    'The store took up a signature that is not here any more: it was lost or taken away.',
  'order.lapsed-early': 'A hold by one role counts for seven days; the store called it lapsed sooner.',
  'order.not-logged': 'The store has not taken it up yet, or the part of its log that names it is not here.',
  'order.missing': 'The store’s log names an order that is not here: it was lost or taken away.',
  'order.not-kept':
    'Version 0.1.0 of the store let the order go together with the documents of its recording: what it ordered cannot be judged any more.',

  'evaluation.misplaced':
    'The evaluation lies in a folder of another station, recording or key: it was moved by hand.',
  'evaluation.no-recording':
    'The recording that was evaluated is not here, or is another one: the evaluation says nothing of what lies here.',
  'evaluation.not-judged': 'No key of an evaluator is given, so that nobody can say who signed.',
  'evaluation.other-logged':
    'The store took up another evaluation by this key: it was exchanged since, whoever signed it.',
  'evaluation.not-logged':
    'The store has not entered it yet, or the part of its log that names it is not here.',

  'disclosure.made': 'Somebody opened or exported the recording, and said why; the store’s log keeps it.',
  'disclosure.pending':
    'Somebody opened or exported a recording, and no receiver has entered it into the store’s log since.',
  'disclosure.refused':
    'It should say who opened or exported what and why; it cannot be read, or lies by the name of another one.',

  'key.introduced':
    'It is not among the keys given; a verified change by one of these introduces it. Compare its id with the label.',
  'key.revoked': 'The store no longer takes what this key signs; what was receipted before stays good.',
  'keys.signature-alone': 'The document about a key that it signs was lost or taken away.',
  'key-change.rule': 'The key change contradicts its place or the format.',
  'key-change.other-holder': 'The key change of somebody else lies here: it was moved by hand.',
  'key-change.lost':
    'The old key was lost, so only the new one signed: the change proves nothing, and only a key that came by hand counts.',
  'key-change.revoked':
    'The key that introduces the new one was revoked: only a key that came by hand counts.',
  'key-change.missing':
    'The log says that the key was changed, and the document of that is not here: it was lost or taken away.',
  'key-change.goes-back':
    'Each change makes a new key, so nobody goes back to one that was put aside: somebody who has the old key wants it to count again.',
  'key-change.twice':
    'From one key its holder goes to one other: somebody who has the old key made a change of his own.',
  'key-change.other-logged':
    'The document is about another change than the log says: one of the two was exchanged or invented.',
  'key-change.not-logged': 'The log does not name this key change (yet).',
  'key-revocation.rule': 'The revocation contradicts its place or the format.',
  'key-revocation.not-logged':
    'The store’s own log does not know this revocation: it was forged, or the log was cut.',
  'key-revocation.other-logged':
    'The store revoked the key for another reason, or doubts it from another time, than the document says: the document was exchanged since.',
  'key-revocation.misdated':
    'The revocation gives another time than its entry in the store’s log: it was dated back to make good documents look forged, or ahead to let forged ones count.',
  'key-revocation.missing':
    'The store’s log says that it revoked a key, and the document of that is not here: it was lost, or taken away to make forged documents look good.',

  'witness.not-judged':
    'Versions up to 0.1.0 made these of each day. What they said, the checkpoints of the store’s log say now.',

  'restored.break':
    'The store was restored from a backup, and said so. What it lacks since, stations may have delivered again; what they did not have any more is lost.',
  'restored.unsigned':
    'Both roles must sign that the vault was restored, and they did not: its keeper alone says why something is missing.',
  'restored.not-judged':
    'Both roles must sign that the vault was restored, which cannot be judged without their keys.',
  'restored.rule': 'The statement contradicts its place or itself.',
  'restored.not-logged':
    'The store’s own log does not know this statement: it was forged, or the log was cut.',
  'restored.other-logged':
    'The statement says something else than the store’s own log says of it: one of the two was exchanged.',
  'restored.missing':
    'The store’s log names a statement that the store was restored, and it is not here: it was lost or taken away.',

  'store-log.none':
    'A store keeps its own log for ever, so it was lost or taken away; without it nothing can be said about deletions, orders and disclosures that are missing here.',
  'store-log.key-missing':
    'A receiver that has a new key begins a segment of its own log with it: that part was lost or taken away.',
  'store-log.not-known':
    'Stations hear of the receiver that runs. What another one did meanwhile, by its log, was made up or dated back by somebody who has the store’s key, unless no station could connect then.',
} as const;

/** What a person can do. */
export const REMEDIES = {
  backup: 'Look for it in a backup of the vault, and in the station’s spool before it lets its copy go.',
  roleKeys:
    'Put officer*.pub and supervisor*.pub of those who may sign into the folder of keys, and verify again.',
  outside:
    'Verify with a newer checkpoint of this vault that somebody else keeps. So that there is one: name a witness or a time-stamp authority in receiver.yaml, or connect a station on another machine.',
  receiver: 'Start the receiver, which catches up by itself, and verify again.',
  station: 'Let the station connect to its broker; what waits there is pushed by itself.',
  putBack: 'Find out who kept a copy and put it back; the receiver removes it again.',
  bothRoles: 'Let both roles sign it: "bodydock-receiver restored --fetch" at the store says how.',
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
  doubtfulKey:
    'Do not rely on it alone. Compare it with what somebody else saw: the camera, a witness, a second recording.',
  unexpected: 'Move it away, ask who put it there, and verify again.',
  /** What is left to do where something was altered, exchanged or taken away. */
  altered:
    'Leave everything as it is and make a copy. Compare it with a backup of the vault and with the station’s spool, and find out who could write here since the last good verification.',
} as const;
