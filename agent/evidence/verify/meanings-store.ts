// What remarks about the store's own documents mean: deletions, orders, disclosures, keys and witnesses (SPEC 4.7 to 4.11).

/** Code to meaning. */
export const STORE_MEANINGS = {
  'deletion.differs':
    'The deletion record speaks of something else than what lies beside it: it was exchanged or forged.',
  'deletion.wrong-due':
    'When the recording was due follows from its manifest and receipt, and is another time.',
  'deletion.too-early': 'The recording was deleted before it was due, and nobody had ordered that.',
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
  'deletion.not-judged': 'Whether the deletion was allowed cannot be said without what is named here.',

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
    'The store revoked the key for another reason than the document says: the document was exchanged since.',
  'key-revocation.missing':
    'The store’s log says that it revoked a key, and the document of that is not here: it was lost, or taken away to make forged documents look good.',

  'witness.rule': 'The witness contradicts its place or itself.',
  'witness.too-soon':
    'A day is witnessed a quarter of an hour after its end, when nothing more can come: this one was made before.',
  'witness.root-differs':
    'The documents of that day are not those that the store vouched for: one was taken away, added or altered since.',
  'witness.head-differs':
    'The custody log is not the one that the store vouched for: it was exchanged, altered or cut.',
  'witness.left-out':
    'Documents of that day lie here that the store did not vouch for: they were added later.',
  'witness.chain': 'A witness does not follow the one before it: one was taken away, added or exchanged.',
  'witness.line-differs':
    'The printed line is not that of the witness in the vault: one of the two was exchanged, or the line was misread.',
  'witness.no-line': 'The vault holds no good witness for a printed line: it was lost or taken away.',
  'witness.begins-later': 'Earlier witnesses are not here.',
  'witness.not-logged': 'The store’s own log does not know this witness (yet).',
  'witness.missing': 'The store’s log names a witness that is not here: it was lost or taken away.',

  'restored.break':
    'The store was restored from a backup, and said so. What it lacks since, stations may have delivered again; what they did not have any more is lost.',
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
  'store-log.old-key':
    'Somebody who has an old key of the store may have written this log: it explains nothing that is missing here.',
} as const satisfies Readonly<Record<string, string>>;
