// Every condition of a station by code. How to add one stands in condition-kind.ts.
import { BROKER_TABLE } from './broker-table.ts';
import { CAMERA_TABLE } from './camera-table.ts';
import { IDENTITY_TABLE } from './identity-table.ts';
import { CUSTODY_TABLE } from './custody-table.ts';
import { SPOOL_TABLE } from './spool-table.ts';
import { STATION_TABLE } from './station-table.ts';
import { STORE_TABLE } from './store-table.ts';
import type { ConditionKind, ConditionTable } from './condition-kind.ts';

/** All codes, in the order in which a person would read them. */
export const CONDITION_TABLE: ConditionTable = {
  ...CAMERA_TABLE,
  ...IDENTITY_TABLE,
  ...SPOOL_TABLE,
  ...CUSTODY_TABLE,
  ...STORE_TABLE,
  ...BROKER_TABLE,
  ...STATION_TABLE,
};

/** What is said of a code that no table has: a test keeps that from happening, and a station says it all the same. */
const UNKNOWN: ConditionKind = {
  severity: 'warning',
  subject: 'none',
  text: {
    en: 'The station reports something that has no words yet.',
    de: 'Die Station meldet etwas, wofür es noch keine Worte gibt.',
  },
  remedy: {
    en: 'Look for the code in the log of the station.',
    de: 'Im Journal der Station nach dem Code suchen.',
  },
  afterMs: 0,
  causes: [],
  facts: [],
};

/** The entry of a code. Never throws. */
export function conditionKind(code: string): ConditionKind {
  return CONDITION_TABLE[code] ?? UNKNOWN;
}
