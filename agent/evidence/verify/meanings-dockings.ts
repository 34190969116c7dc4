// What remarks about docking records mean (SPEC 4.6).

/** Code to meaning. */
export const DOCKING_MEANINGS = {
  'docking.other-record':
    'The documents of another docking record lie in this folder: folders or files were exchanged.',
  'docking.other-station': 'The docking record of another station lies here: it was moved by hand.',
  'docking.rule':
    'The docking record contradicts itself or the format: no station of ours signs such a record.',
  'docking.revoked-key':
    'Its key was revoked, and no receipt shows that it was there before: whoever has that key may have made it since.',
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
  'docking.recording-not-listed':
    'The record of its docking does not know it: the recording was put there later, or the record is not the one that was made.',
  'docking.record-elsewhere':
    'Without the record of their docking it cannot be said whether all that was on the camera is here.',
  'docking.stay':
    'A stay is one camera in one bay from plug to unplug: this docking was counted to another one, which no station of ours does.',
  'docking.missing': 'The custody log says that it was here: it was lost or taken away.',
  'docking.waiting': 'The station has made it and the store has not confirmed it: it is still to come.',
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
} as const satisfies Readonly<Record<string, string>>;
