// Bounds of a docking's record that both a running docking and the one that a cut ended keep.
import { INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';

/** Entries that only later listings showed, as far as a record lists them: DOCKING_PARTS_MAX has room for them beside a full inventory. */
export const LATER_ENTRIES_MAX = INVENTORY_ENTRIES_MAX;
/** `reason` of an entry that nothing was done with before the docking ended. */
export const NOT_REACHED = 'not-reached';
/** A record's field takes no more. */
export const REASON_CHARACTERS_MAX = 64;
