// Every condition of a station by code: how bad it is, what it is about, and when it is shown. What raises a code decides when it holds. Its
// words are in config/texts.
//
// To add a code: write its entry into the table, its words into config/texts/en/conditions.ts and de/conditions.ts, and run `npm run
// schemas`; raise and clear it through `Conditions` (protocol/format/ports.ts), and prove with a test that its real cause makes it appear and
// go. Write a code as a literal in the call, or in a constant whose name ends in CONDITION(S) or CODE(S):
// test/unit/monitoring/condition-table.test.ts finds codes there, and fails for one that the table lacks or nobody raises.
import { CONDITIONS_DE } from '../../config/texts/de/conditions.ts';
import { CONDITIONS_EN } from '../../config/texts/en/conditions.ts';

/**
 * How bad it is, and how it shows. "info": worth knowing, nothing to do, monitoring stays green. "warning": somebody should look within
 * days; work goes on. "error": something is not done and needs a person today. "critical": evidence, or taking recordings at all, is at
 * stake: call somebody now. From "error" on the station's status is "degraded"; a camera that is away on holiday does not degrade it.
 */
export type Severity = 'info' | 'warning' | 'error' | 'critical';

/** From the worst. */
export const SEVERITIES: readonly Severity[] = ['critical', 'error', 'warning', 'info'];

/** Conditions in the order in which a person reads them. */
export function worstFirst<C extends { readonly severity: Severity }>(conditions: readonly C[]): C[] {
  return conditions.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

/** What the subject of a condition names; "none" where the code says it all. Never a serial number, a path or a name of a file. */
export type SubjectKind =
  'none' | 'bay' | 'port' | 'camera' | 'recording' | 'led' | 'certificate' | 'station' | 'witness';

/** One text for people in each language. */
export interface Words {
  readonly en: string;
  readonly de: string;
}

/** All that is known of a code before it is raised. */
export interface ConditionKind {
  readonly severity: Severity;
  readonly subject: SubjectKind;
  /** What is wrong, in one sentence without technical words where that goes. */
  readonly text: Words;
  /** What a person does about it. */
  readonly remedy: Words;
  /** It must stand for so long before it is shown, in ms. The log has it at once. */
  readonly afterMs: number;
  /** Codes that explain it: as long as one of them is shown, this one is not. */
  readonly causes: readonly string[];
  /** Keys of the facts that monitoring may see: numbers, and texts that are words of our own. Others stay in the log. */
  readonly facts: readonly string[];
}

/** Conditions of one area by code, "<area>.<what>". */
export type ConditionTable = Readonly<Record<string, ConditionKind>>;

type Code = keyof typeof CONDITIONS_EN;
/** Without its words, and without what is nothing. */
export type ConditionEntry = Pick<ConditionKind, 'severity' | 'subject'> &
  Partial<Pick<ConditionKind, 'afterMs' | 'causes' | 'facts'>>;

/** By area, in the order in which a person would read them. */
const AREAS = {
  /** Cameras in their bays. Subject "bay" where it matters which place, "camera" (an alias) where it outlives the docking. */
  camera: {
    'bay.not-mounted': { severity: 'warning', subject: 'bay', afterMs: 30_000 },
    'camera.failed': {
      severity: 'error',
      subject: 'bay',
      causes: ['camera.unknown', 'camera.other', 'station.short'],
      facts: ['reason'],
    },
    'camera.loose': { severity: 'warning', subject: 'bay', facts: ['times'] },
    'camera.not-taken': {
      severity: 'error',
      subject: 'bay',
      afterMs: 60_000,
      causes: ['spool.full', 'spool.gone', 'station.short', 'custody.write-failed'],
      facts: ['entries', 'reason', 'listed_bytes', 'read_bytes'],
    },
    'camera.set-aside': { severity: 'error', subject: 'bay', facts: ['entries'] },
    'camera.changing': { severity: 'error', subject: 'bay', facts: ['entries'] },
    'camera.listing': { severity: 'error', subject: 'bay', facts: ['places', 'reason'] },
    'camera.stuck': {
      severity: 'error',
      subject: 'bay',
      causes: ['camera.failed', 'spool.full', 'spool.gone', 'custody.write-failed'],
      facts: ['activity', 'quiet_s'],
    },
    'camera.slow': {
      severity: 'warning',
      subject: 'bay',
      causes: ['camera.stuck'],
      facts: ['rate_bytes_per_s'],
    },
    'camera.vanished': { severity: 'critical', subject: 'camera', facts: ['entries', 'entries_here'] },
    'camera.not-erased': { severity: 'warning', subject: 'bay', facts: ['reason'] },
    'camera.port': { severity: 'warning', subject: 'bay', facts: ['reason'] },
    'camera.twice': { severity: 'warning', subject: 'bay', facts: ['bays', 'same'] },
    'camera.missing': {
      severity: 'warning',
      subject: 'camera',
      causes: ['station.clock-unsynchronised'],
      facts: ['days'],
    },
    'camera.clock-wrong': {
      severity: 'warning',
      subject: 'camera',
      causes: ['station.clock-unsynchronised'],
      facts: ['offset_s'],
    },
    'camera.battery-weak': {
      severity: 'warning',
      subject: 'camera',
      facts: ['battery_percent', 'battery_cycles', 'trend_percent_per_docking'],
    },
  },
  /** Who a camera is, and what is plugged in where (SPEC 12). */
  identity: {
    'camera.unknown': { severity: 'error', subject: 'bay', facts: ['reason'] },
    'camera.other': { severity: 'error', subject: 'bay', facts: ['camera', 'expected', 'reason'] },
    'camera.locked-out': { severity: 'error', subject: 'bay', facts: ['refusals'] },
    'camera.serial-differs': { severity: 'warning', subject: 'bay', facts: ['camera'] },
    'usb.unexpected-device': { severity: 'warning', subject: 'port', afterMs: 5_000, facts: ['usb_id'] },
  },
  /** The disk of this station, and the recordings that wait on it. */
  spool: {
    'spool.full': {
      severity: 'critical',
      subject: 'none',
      causes: ['spool.gone'],
      facts: ['free_bytes', 'needed_bytes'],
    },
    'spool.low': {
      severity: 'warning',
      subject: 'none',
      causes: ['spool.full', 'spool.gone'],
      facts: ['free_bytes', 'limit_bytes'],
    },
    'spool.reserve-used': { severity: 'error', subject: 'none', facts: ['reserve_bytes'] },
    'spool.gone': { severity: 'critical', subject: 'none' },
    'spool.quarantine': { severity: 'critical', subject: 'none', facts: ['entries'] },
    'spool.other-key': { severity: 'error', subject: 'none', facts: ['key'] },
    'spool.recordings-lost': {
      severity: 'critical',
      subject: 'none',
      causes: ['spool.gone'],
      facts: ['recordings', 'first'],
    },
    'spool.write-failed': {
      severity: 'critical',
      subject: 'none',
      causes: ['spool.gone', 'spool.full', 'station.short'],
      facts: ['failures', 'reason'],
    },
    'disk.failing': { severity: 'critical', subject: 'none', facts: ['errors', 'reason'] },
    'recording.damaged': { severity: 'error', subject: 'recording', facts: ['bay'] },
    'recording.rejected': { severity: 'info', subject: 'recording', facts: ['bay', 'reason'] },
  },
  /** What the proof of completeness rests on: custody log and docking records. */
  custody: {
    'custody.chain-broken': { severity: 'critical', subject: 'none', facts: ['segment', 'sequence'] },
    'custody.write-failed': {
      severity: 'critical',
      subject: 'none',
      causes: ['spool.gone', 'station.short'],
      facts: ['waiting_events'],
    },
    'custody.store-differs': {
      severity: 'critical',
      subject: 'none',
      facts: ['differences', 'segment', 'sequence'],
    },
    'custody.not-taken': {
      severity: 'error',
      subject: 'none',
      afterMs: 300_000,
      causes: ['custody.chain-broken', 'custody.store-differs', 'store.unknown-key', 'spool.gone'],
      facts: ['segment', 'reason'],
    },
    'docking.journal-failed': {
      severity: 'error',
      subject: 'bay',
      causes: ['spool.gone', 'station.short', 'custody.write-failed'],
      facts: ['reason'],
    },
    'docking.record-failed': {
      severity: 'error',
      subject: 'bay',
      causes: ['spool.gone', 'station.short', 'custody.write-failed'],
      facts: ['reason'],
    },
  },
  /** The far end, as this station sees it: deliveries, receipts, release. */
  store: {
    'store.silent': {
      severity: 'error',
      subject: 'none',
      causes: ['broker.unreachable', 'broker.tls', 'broker.refused', 'broker.client-id-in-use'],
      facts: ['silent_s', 'waiting'],
    },
    'store.unknown-key': { severity: 'error', subject: 'none' },
    'store.behind': {
      severity: 'error',
      subject: 'none',
      facts: ['oldest_unstored_seconds', 'limit_seconds'],
    },
    'store.rolled-back': {
      severity: 'critical',
      subject: 'none',
      causes: ['restored.refused'],
      facts: ['segment', 'acknowledged', 'shown'],
    },
    'restored.refused': {
      severity: 'critical',
      subject: 'none',
      facts: ['reason', 'restored_at', 'complete_until'],
    },
    'policy.refused': { severity: 'error', subject: 'none', facts: ['reason'] },
    'store.log-forked': { severity: 'critical', subject: 'none', facts: ['vault', 'sha256'] },
    'store.recordings-lost': { severity: 'critical', subject: 'none', facts: ['recordings', 'first'] },
    'recording.refused': { severity: 'error', subject: 'recording', facts: ['reason'] },
    'docking.refused': { severity: 'error', subject: 'recording', facts: ['reason'] },
    'receipt.refused': { severity: 'critical', subject: 'recording', facts: ['reason'] },
    'receipt.not-in-log': {
      severity: 'critical',
      subject: 'none',
      causes: ['restored.refused'],
      facts: ['recording'],
    },
    'release.listing': { severity: 'warning', subject: 'bay' },
    'release.refused': { severity: 'error', subject: 'bay', facts: ['reason'] },
  },
  /** The connection to the broker: a program has one, so no subject. Most are seen only by who asks the station itself, or once the
   * connection is back: while it is lost, monitoring sees the will. */
  broker: {
    'broker.unreachable': {
      severity: 'error',
      subject: 'none',
      causes: ['broker.tls', 'broker.refused', 'broker.client-id-in-use'],
      facts: ['attempts'],
    },
    'broker.tls': { severity: 'critical', subject: 'none', facts: ['attempts'] },
    'broker.refused': { severity: 'critical', subject: 'none', facts: ['attempts', 'reason_code'] },
    'broker.client-id-in-use': { severity: 'critical', subject: 'none', facts: ['attempts'] },
    'broker.publish-refused': { severity: 'error', subject: 'none', facts: ['reason_code'] },
    'broker.message-size': {
      severity: 'error',
      subject: 'none',
      facts: ['payload_bytes_max', 'message_bytes_max'],
    },
    'broker.offer-size': {
      severity: 'error',
      subject: 'recording',
      causes: ['broker.message-size'],
      facts: ['payload_bytes_max'],
    },
    'broker.certificate-expiring': {
      severity: 'warning',
      subject: 'certificate',
      facts: ['days', 'ends_at'],
    },
  },
  /** The computer, its clock and its lights. */
  station: {
    'configuration.refused': {
      severity: 'warning',
      subject: 'none',
      facts: ['problems', 'line', 'key', 'reason'],
    },
    'station.clock-unsynchronised': { severity: 'warning', subject: 'none' },
    'station.short': { severity: 'critical', subject: 'none', facts: ['reason'] },
    'station.temperature': { severity: 'warning', subject: 'none', facts: ['temperature_c', 'limit_c'] },
    'station.led': { severity: 'warning', subject: 'led', facts: ['reason'] },
    'station.screen': { severity: 'warning', subject: 'none', facts: ['reason'] },
  },
} as const satisfies Record<string, { readonly [C in Code]?: ConditionEntry }>;

/** Conditions of each area. */
export const CONDITION_AREAS = conditionAreas(AREAS, CONDITIONS_EN, CONDITIONS_DE);

/** All codes. */
export const CONDITION_TABLE: ConditionTable = Object.assign({}, ...Object.values(CONDITION_AREAS));

/** Texts by code. */
type Texts = Readonly<Record<string, { readonly text: string; readonly remedy: string } | undefined>>;

/** Entries with their words. Errors: RangeError for a code without any. */
export function conditionAreas<Area extends string>(
  areas: Readonly<Record<Area, Readonly<Record<string, ConditionEntry>>>>,
  english: Texts,
  german: Texts,
): Readonly<Record<Area, ConditionTable>> {
  const kindOf = ([code, entry]: [string, ConditionEntry]): [string, ConditionKind] => {
    const [en, de] = [english[code], german[code]];
    if (en === undefined || de === undefined) throw new RangeError(`${code} has no words`);
    const words = { text: { en: en.text, de: de.text }, remedy: { en: en.remedy, de: de.remedy } };
    return [code, { afterMs: 0, causes: [], facts: [], ...entry, ...words }];
  };
  const tables = Object.entries<Readonly<Record<string, ConditionEntry>>>(areas).map(
    ([area, entries]) => [area, Object.fromEntries(Object.entries(entries).map(kindOf))] as const,
  );
  return Object.fromEntries(tables) as Record<Area, ConditionTable>;
}

/** What is said of a code that no table has: a test keeps that from happening, and a station says it all the same. */
const UNKNOWN: ConditionKind = {
  severity: 'warning',
  subject: 'none',
  text: {
    en: 'The program reports something that has no words yet.',
    de: 'Das Programm meldet etwas, wofür es noch keine Worte gibt.',
  },
  remedy: {
    en: 'Look for the code in its log.',
    de: 'In seinem Journal nach dem Code suchen.',
  },
  afterMs: 0,
  causes: [],
  facts: [],
};

/** The entry of a code. Never throws. */
export function conditionKind(code: string, table: ConditionTable = CONDITION_TABLE): ConditionKind {
  return table[code] ?? UNKNOWN;
}
