// What a program must say when its disk fails, and what it must never say.

/** Conditions of the station that tell of a disk: one that fails, and one that takes nothing more. */
export const TOLD_OF_ERRORS: readonly string[] = ['disk.failing'];
export const TOLD_OF_SPACE: readonly string[] = [
  'spool.full',
  'spool.reserve-used',
  'custody.write-failed',
  'docking.journal-failed',
  'docking.record-failed',
];
/** A fault in a program, as its log tells it. */
export const FAULT = /internal error, exiting|MaxListenersExceeded/;
