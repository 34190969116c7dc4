// The spool as docking records see it.
import type { Spool } from '../spool/spool.ts';

/** What records need of the spool that they lie in. */
export type RecordSpool = Pick<
  Spool,
  | 'layout'
  | 'confirm'
  | 'setAside'
  | 'setAsideInTheEnd'
  | 'asideNames'
  | 'moveBack'
  | 'isLeaving'
  | 'logReserve'
  | 'changes'
>;
