// Every condition of a store by code, as condition-table.ts has those of a station. Its words are in config/texts (store-conditions.ts). Where the
// facts of a condition say its severity, that counts: a clock that nobody confirms is worse once something is due.
import { STORE_CONDITIONS_DE } from '../../config/texts/de/store-conditions.ts';
import { STORE_CONDITIONS_EN } from '../../config/texts/en/store-conditions.ts';
import {
  CONDITION_AREAS,
  conditionAreas,
  type ConditionEntry,
  type ConditionTable,
} from './condition-table.ts';

type Code = keyof typeof STORE_CONDITIONS_EN;

const { 'broker.offer-size': _ofStations, ...broker } = CONDITION_AREAS.broker;

/** By area, in the order in which a person would read them. */
const AREAS = {
  /** The vault and its disk. */
  vault: {
    'vault.full': {
      severity: 'critical',
      subject: 'none',
      causes: ['vault.lost'],
      facts: ['left_bytes', 'needed_bytes', 'reason'],
    },
    'vault.low': {
      severity: 'warning',
      subject: 'none',
      causes: ['vault.full', 'vault.lost'],
      facts: ['left_bytes', 'limit_bytes'],
    },
    'vault.lost': { severity: 'critical', subject: 'none' },
    'vault.quota': { severity: 'error', subject: 'station', facts: ['recording_bytes', 'quota_bytes'] },
    'vault.station-quota': { severity: 'error', subject: 'station', facts: ['needed_bytes', 'quota_bytes'] },
    'vault.write-failed': {
      severity: 'critical',
      subject: 'none',
      causes: ['vault.lost', 'vault.full'],
      facts: ['system_code'],
    },
    'vault.unknown-entries': { severity: 'warning', subject: 'none', facts: ['count'] },
    'vault.recording-damaged': { severity: 'critical', subject: 'none', facts: ['station', 'recording'] },
    'disk.failing': { severity: 'critical', subject: 'none', facts: ['errors', 'reason'] },
  },
  /** What stations send. */
  stations: {
    'receiver.offer-refused': { severity: 'error', subject: 'station', facts: ['recording', 'reason'] },
    'receiver.recording-conflict': { severity: 'critical', subject: 'station', facts: ['recording'] },
    'receiver.id-elsewhere': { severity: 'critical', subject: 'station', facts: ['recording', 'other'] },
    'receiver.altered': { severity: 'error', subject: 'station', facts: ['recording'] },
    'receiver.key-revoked': { severity: 'critical', subject: 'station', facts: ['recording', 'key_id'] },
    'keys.revocation-damaged': { severity: 'error', subject: 'station', facts: ['key_id'] },
    'docking.gap': { severity: 'error', subject: 'camera', facts: ['gaps'] },
  },
  /** Custody logs of the stations, and the log of the store. */
  logs: {
    'custody.fork': { severity: 'critical', subject: 'station', facts: ['segment', 'other_segment'] },
    'custody.broken': { severity: 'critical', subject: 'station', facts: ['segment', 'sequence'] },
    'custody.write-failed': {
      severity: 'critical',
      subject: 'station',
      causes: ['vault.lost', 'vault.full', 'vault.write-failed'],
    },
    'custody.too-much': { severity: 'error', subject: 'station', facts: ['segment'] },
    'log.shorter': { severity: 'critical', subject: 'none', causes: ['vault.lost'], facts: ['reason'] },
    'log.witness-forked': { severity: 'critical', subject: 'witness', facts: ['size', 'witness_size'] },
    'log.witness-silent': { severity: 'warning', subject: 'witness', facts: ['reason'] },
    'log.not-stamped': { severity: 'warning', subject: 'none', facts: ['reason', 'host'] },
  },
  /** Keeping and deleting. */
  retention: {
    'retention.clock': { severity: 'warning', subject: 'none', facts: ['overdue'] },
    'retention.many': { severity: 'warning', subject: 'none', facts: ['due', 'recordings', 'goes_from'] },
    'retention.failed': {
      severity: 'error',
      subject: 'none',
      causes: ['vault.lost'],
      facts: ['due', 'reason'],
    },
    'retention.blocked': { severity: 'error', subject: 'none', facts: ['overdue'] },
    'retention.late': { severity: 'error', subject: 'none', facts: ['count', 'first_due_at'] },
    'retention.evidence-due': { severity: 'warning', subject: 'none', facts: ['count', 'first_due_at'] },
    'retention.hold-lapsing': { severity: 'warning', subject: 'none', facts: ['count', 'first_lapse_at'] },
    'retention.held-long': { severity: 'info', subject: 'none', facts: ['count', 'first_ordered_at'] },
    'retention.odd': { severity: 'error', subject: 'none', facts: ['count', 'station', 'recording', 'what'] },
    'retention.no-policy': { severity: 'info', subject: 'none' },
    'retention.past-policy': { severity: 'critical', subject: 'none', facts: ['days', 'days_max'] },
    'disclosure.failed': { severity: 'error', subject: 'none', causes: ['vault.lost'] },
    'disclosure.refused': { severity: 'error', subject: 'none', facts: ['count'] },
  },
  /** The desk of the office (SPEC 7.11), a process of its own. */
  desk: {
    'desk.unreachable': { severity: 'error', subject: 'none', afterMs: 300_000 },
    'desk.certificate-expiring': {
      severity: 'warning',
      subject: 'certificate',
      facts: ['days', 'ends_at'],
    },
  },
  /** The mails of the store (SPEC 7.12). */
  notify: { 'notify.failing': { severity: 'warning', subject: 'none', facts: ['reason'] } },
  broker: broker as { readonly [C in Code]?: ConditionEntry },
} as const satisfies Record<string, { readonly [C in Code]?: ConditionEntry }>;

/** Conditions of each area. */
export const STORE_CONDITION_AREAS = conditionAreas(AREAS, STORE_CONDITIONS_EN, STORE_CONDITIONS_DE);

/** All codes. */
export const STORE_CONDITION_TABLE: ConditionTable = Object.assign(
  {},
  ...Object.values(STORE_CONDITION_AREAS),
);
