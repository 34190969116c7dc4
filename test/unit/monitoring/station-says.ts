// What a station might say of itself, as documents that pass their schemas.
import type { StationSays } from '../../../agent/monitoring/control-protocol.ts';
import { conditionKind } from '../../../agent/monitoring/condition-table.ts';
import type {
  BayDocument,
  ConditionDocument,
  HealthDocument,
} from '../../../protocol/transfer/monitoring.ts';

const SESSION = 'a'.repeat(26);
const AT = '2026-11-25T08:00:00.000Z';

export function bay(changes: Partial<BayDocument> = {}): BayDocument {
  return {
    bay: 'bay-1',
    camera: null,
    state: 'empty',
    light: 'off',
    entries: 0,
    entries_spooled: 0,
    entries_receipted: 0,
    entries_erased: 0,
    entries_waiting: 0,
    bytes: 0,
    bytes_spooled: 0,
    bytes_receipted: 0,
    rate_bytes_per_s: null,
    remaining_s: null,
    since: AT,
    docked_at: null,
    ...changes,
  };
}

/** The same facts for every subject. */
export function condition(
  code: string,
  subjects: readonly (string | null)[] = [null],
  facts: ConditionDocument['subjects'][number]['facts'] = {},
): ConditionDocument {
  const { severity, text, remedy } = conditionKind(code);
  return {
    code,
    severity,
    session: SESSION,
    since: AT,
    text,
    remedy,
    subjects_shown: subjects.length,
    subjects: subjects.map((subject) => ({ subject, since: AT, facts })),
  };
}

export function health(changes: Partial<HealthDocument> = {}): HealthDocument {
  return {
    session: SESSION,
    at: AT,
    interval_seconds: 60,
    uptime_seconds: 90,
    free_bytes: 57_300_000_000,
    spooled_recordings: 0,
    spooled_bytes: 0,
    spooled_docking_records: 0,
    oldest_unstored_seconds: 0,
    window_opens_at: null,
    receipted_recordings: 0,
    quarantined_entries: 0,
    store_silent_seconds: 3,
    clock_synchronised: true,
    temperature_c: null,
    event_loop_delay_ms: 0,
    memory_bytes: 90_000_000,
    conditions_info: 0,
    conditions_warning: 0,
    conditions_error: 0,
    conditions_critical: 0,
    conditions: [],
    ...changes,
  };
}

/** A quiet station with one empty bay. */
export function says(changes: Partial<StationSays> = {}): StationSays {
  return {
    agent: {
      kind: 'agent',
      pid: 4711,
      broker: 'broker.example.org:8883',
      broker_connected: true,
      rate_bytes_per_s: null,
    },
    status: { state: 'ready', session: SESSION, since: AT, reason: null },
    info: {
      session: SESSION,
      at: AT,
      station: 'townhall-1',
      version: '0.1.0',
      node_version: 'v20.20.2',
      started_at: AT,
      public_key: `RW${'A'.repeat(54)}`,
      configuration: {
        sha256: '0'.repeat(64),
        release: 'after-receipt',
        retention_days: 14,
        keep_hours: 48,
        recipients: 1,
        recipients_proven: 1,
        store_keys: [],
        receivers: ['r-archive'],
        bays: [],
        cameras: [],
      },
    },
    health: health(),
    bays: [bay()],
    conditions: [],
    cut: false,
    ...changes,
  };
}

/** The documents of an answer, as the agent gives them to the socket. */
export function documentsOf(station: StationSays): { kind: string; json: string }[] {
  const { status, info, health: numbers, bays, conditions } = station;
  const all: [string, unknown][] = [
    ['status', status],
    ['info', info],
    ['health', numbers],
    ...bays.map((each): [string, unknown] => ['bay', each]),
    ...conditions.map((each): [string, unknown] => ['condition', each]),
  ];
  return all.flatMap(([kind, document]) =>
    document === null ? [] : [{ kind, json: JSON.stringify(document) }],
  );
}
