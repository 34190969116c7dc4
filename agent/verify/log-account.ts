// What the custody log says became of each recording, kept while its segments are read. Memory: one small object per recording.
import type { CustodyEntry } from '../../protocol/custody-entry.ts';

/** What the log says of one recording. */
export interface LoggedRecording {
  /** Digest of the manifest that was made durable; undefined where no `spooled` entry names it. */
  readonly manifestSha256: string | undefined;
  /** Digests of the receipts that the station has had. */
  readonly receipts: readonly string[];
  readonly quarantined: boolean;
  readonly erased: boolean;
}

const NOTHING: LoggedRecording = {
  manifestSha256: undefined,
  receipts: [],
  quarantined: false,
  erased: false,
};
/** Receipts of one recording that are kept: a vault that was restored from a backup may ask again. */
const RECEIPTS_MAX = 8;

/** The account of all logs of a place. */
export class LogAccount {
  readonly #recordings = new Map<string, LoggedRecording>();

  /** Takes one entry; those that name no recording are passed over. */
  take({ event, facts }: CustodyEntry): void {
    const recording = facts[event === 'quarantined' ? 'name' : 'recording'];
    if (typeof recording !== 'string') return;
    const known = this.#recordings.get(recording) ?? NOTHING;
    const news = newsOf(event, facts, known);
    if (news !== undefined) this.#recordings.set(recording, { ...known, ...news });
  }

  /** What the logs say of a recording; undefined where they do not name it. */
  of(recording: string): LoggedRecording | undefined {
    return this.#recordings.get(recording);
  }

  /** All recordings that the logs name, with what they say. */
  all(): Iterable<readonly [string, LoggedRecording]> {
    return this.#recordings;
  }
}

function newsOf(
  event: CustodyEntry['event'],
  facts: CustodyEntry['facts'],
  known: LoggedRecording,
): Partial<LoggedRecording> | undefined {
  const { manifest_sha256: manifest, receipt_sha256: receipt } = facts;
  if (event === 'spooled' && typeof manifest === 'string') return { manifestSha256: manifest };
  if (event === 'quarantined') return { quarantined: true };
  if (event === 'erased') return { erased: true };
  if (event !== 'receipted' || typeof receipt !== 'string') return undefined;
  return known.receipts.length < RECEIPTS_MAX ? { receipts: [...known.receipts, receipt] } : undefined;
}
