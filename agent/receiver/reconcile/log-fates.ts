// What a station's custody log says became of recordings and docking records: whether a receipt came, whether the station or the camera may
// still have them, and which camera it was. Pure.
import type { CustodyEntry, CustodyEventName } from '../../../protocol/custody/custody-entry.ts';
import { isRecordingId, type RecordingId } from '../../../protocol/format/ids.ts';

/** Events that tell; lines of others need not be parsed. */
export const FATE_EVENTS: readonly CustodyEventName[] = [
  'docked',
  'pulled',
  'docking-recorded',
  'document-recorded',
  'spooled',
  'receipted',
  'spool-reclaimed',
  'quarantined',
  'erased',
];
/** Dockings and recordings of one log: decades of a station. Above that the camera is not known, and nothing else is lost. */
const NAMES_MAX = 1_000_000;

/** The receipt that an entry tells of. */
export interface LoggedReceipt {
  readonly receiver: string;
  readonly sha256: string;
  readonly at: string;
}

/** What the log says of one recording, docking record or other document. */
export interface LoggedFate {
  readonly kind: 'recording' | 'docking' | 'document';
  /** The last one. */
  readonly receipt: LoggedReceipt | undefined;
  /** Not in the station's spool any more. */
  readonly left: boolean;
  /** Not on its camera any more; true for a document, which never was. */
  readonly erased: boolean;
}

/** Where what is missing may still come from by itself. */
export type Whereabouts = 'spool' | 'camera' | 'nowhere';

/** Where something may still be, by the log. */
export function whereabouts({ left, erased }: Pick<LoggedFate, 'left' | 'erased'>): Whereabouts {
  if (!left) return 'spool';
  return erased ? 'nowhere' : 'camera';
}

/** The fact that names it, where that is not `recording`. */
const NAMED_BY: Partial<Record<CustodyEventName, string>> = {
  quarantined: 'name',
  'docking-recorded': 'record',
  'document-recorded': 'record',
};
const NOTHING: LoggedFate = { kind: 'recording', receipt: undefined, left: false, erased: false };

/** Listens to one log; segments may come in any order. */
export class LogFates {
  readonly #wants: (recording: RecordingId) => boolean;
  readonly #fates = new Map<RecordingId, LoggedFate>();
  readonly #dockings = new Map<RecordingId, string>();
  readonly #cameras = new Map<string, string>();

  /** `wants` says of which the fate is kept. */
  constructor(wants: (recording: RecordingId) => boolean) {
    this.#wants = wants;
  }

  take({ event, facts, at }: Pick<CustodyEntry, 'event' | 'facts' | 'at'>): void {
    if (event === 'docked') return remember(this.#cameras, String(facts['docking']), String(facts['camera']));
    const named = facts[NAMED_BY[event] ?? 'recording'];
    if (typeof named !== 'string' || !isRecordingId(named) || !this.#wants(named)) return;
    if (event === 'pulled' || event === 'docking-recorded')
      remember(this.#dockings, named, String(facts['docking']));
    const news = newsOf(event, facts, at);
    if (news !== undefined) this.#fates.set(named, { ...(this.of(named) ?? NOTHING), ...news });
  }

  /** Undefined where the log does not name it. */
  of(recording: RecordingId): LoggedFate | undefined {
    return this.#fates.get(recording);
  }

  /** All that were wanted and named. */
  all(): Iterable<readonly [RecordingId, LoggedFate]> {
    return this.#fates;
  }

  /** Alias of the camera it came from, or null where the log does not tell. */
  cameraOf(recording: RecordingId): string | null {
    return this.#cameras.get(this.#dockings.get(recording) ?? '') ?? null;
  }
}

function newsOf(
  event: CustodyEventName,
  facts: CustodyEntry['facts'],
  at: string,
): Partial<LoggedFate> | undefined {
  if (event === 'spooled') return {};
  if (event === 'docking-recorded') return { kind: 'docking', erased: true };
  if (event === 'document-recorded') return { kind: 'document', erased: true };
  if (event === 'spool-reclaimed' || event === 'quarantined') return { left: true };
  if (event === 'erased') return { erased: true };
  if (event !== 'receipted') return undefined;
  return { receipt: { receiver: String(facts['receiver']), sha256: String(facts['receipt_sha256']), at } };
}

function remember<K>(map: Map<K, string>, key: K, value: string): void {
  if (map.size < NAMES_MAX) map.set(key, value);
}
