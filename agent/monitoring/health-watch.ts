// Numbers of the station for its heartbeat (`P/health`), and the judgement of those that call for a person. Each limit has a second one below it at
// which the condition goes, so that nothing flutters.
import type { Conditions } from '../../protocol/format/ports.ts';
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import { type HealthDocument, healthSchema } from '../../protocol/transfer/monitoring.ts';
import type { SendLimits } from '../push/send-limits.ts';
import { type HeartbeatFields, Heartbeat, type HeartbeatDeps, secondsBetween } from './heartbeat.ts';

/** Two shifts of a body camera: pulling goes on, and there is time to act. */
const LOW_BYTES = 2 * 1024 ** 3;
const LOW_OVER_BYTES = LOW_BYTES + LOW_BYTES / 4;
/** What was docked in the evening is to be in the store a day later. */
const BEHIND_SECONDS = 86_400;
/** A receiver repeats itself every some seconds while something is open; its restart takes less than this. */
const SILENT_SECONDS = 600;
/** A Raspberry Pi slows down from 80 degrees on. */
const HOT_C = 80;
const HOT_OVER_C = 75;

/** What is in the spool, as far as it matters here. */
interface Held {
  readonly state: string;
}

interface HeldRecording extends Held {
  /** It does not wait for the hours of recordings. */
  readonly locked: boolean;
  /** Ms since 1970. */
  readonly sealedAtMs: number;
  readonly sealedSizeBytes: number;
}

interface HeldRecord extends Held {
  /** End of its docking in ms since 1970; null where nobody saw it. */
  readonly endedAtMs: number | null;
}

/** What all recordings come to. */
interface Tally {
  receipted: number;
  /** Those without a receipt, and of these what they are and since when they wait. */
  waiting: number;
  waitingBytes: number;
  waitingForHours: number;
  /** Ms since 1970; infinite where none waits. */
  oldestMs: number;
}

/** Seconds for which the oldest without a receipt has waited; 0 where none waits, null where the clock cannot tell. */
interface Oldest {
  readonly recording: number | null;
  readonly record: number | null;
}

/** What the station adds to a heartbeat. */
type Numbers = Omit<HealthDocument, keyof HeartbeatFields>;

export interface HealthWatchDeps extends Omit<HeartbeatDeps<Numbers>, 'measure' | 'judge' | 'encode'> {
  readonly conditions: Conditions;
  /** Free space on the disk of the spool. Errors: the system's. */
  readonly freeBytes: () => Promise<number>;
  readonly recordings: () => Iterable<HeldRecording>;
  readonly dockingRecords: () => Iterable<HeldRecord>;
  readonly quarantinedEntries: () => number;
  readonly clockSynchronised: () => boolean | null;
  /** Wall time that may be believed, in ms since 1970. */
  readonly believedMs: () => number | undefined;
  /** The hours in which recordings go. */
  readonly limits: Pick<SendLimits, 'isOpen' | 'opensAtMs' | 'longestWindowS'>;
  readonly isConnected: () => boolean;
}

/** Measures until it is stopped. */
export class HealthWatch {
  readonly #deps: HealthWatchDeps;
  readonly #heartbeat: Heartbeat<Numbers>;
  #heardMs: number | undefined;
  #waitsSinceMs: number | undefined;

  constructor(deps: HealthWatchDeps) {
    this.#deps = deps;
    this.#heartbeat = new Heartbeat({
      ...deps,
      measure: () => this.#measure(),
      judge: (numbers) => this.#judge(numbers, this.#oldest()),
      encode: (document) => encodeMonitoring(healthSchema, document),
    });
  }

  /** The store said something. */
  storeHeard(): void {
    this.#heardMs = this.#deps.clock.monotonicMs();
    this.#waitsSinceMs = undefined;
    this.#deps.conditions.clear('store.silent', null);
  }

  /** See Heartbeat.conditionChanged. */
  conditionChanged(): void {
    this.#heartbeat.conditionChanged();
  }

  /** See Heartbeat.run. */
  run(signal: AbortSignal): Promise<void> {
    return this.#heartbeat.run(signal);
  }

  /** See Heartbeat.look. */
  look(): Promise<void> {
    return this.#heartbeat.look();
  }

  /** See Heartbeat.glance. */
  glance(): Promise<HealthDocument | undefined> {
    return this.#heartbeat.glance();
  }

  async #measure(): Promise<Numbers> {
    const { clock, machine, quarantinedEntries } = this.#deps;
    const freeBytes = await this.#deps.freeBytes().catch(() => null);
    const temperature = await machine.temperatureC();
    const held = this.#tally();
    return {
      free_bytes: freeBytes,
      spooled_recordings: held.waiting,
      spooled_bytes: held.waitingBytes,
      spooled_docking_records: this.#waitingRecords().length,
      oldest_unstored_seconds: longest(this.#oldest(held)),
      window_opens_at: this.#windowOpensAt(held),
      receipted_recordings: held.receipted,
      quarantined_entries: quarantinedEntries(),
      store_silent_seconds:
        this.#heardMs === undefined ? null : secondsBetween(this.#heardMs, clock.monotonicMs()),
      clock_synchronised: this.#deps.clockSynchronised(),
      temperature_c: temperature,
    };
  }

  #tally(): Tally {
    const tally = { receipted: 0, waiting: 0, waitingBytes: 0, waitingForHours: 0, oldestMs: Infinity };
    for (const recording of this.#deps.recordings()) {
      const { state } = recording;
      if (state === 'receipted') tally.receipted++;
      if (state !== 'spooled') continue;
      tally.waiting++;
      tally.waitingBytes += recording.sealedSizeBytes;
      tally.oldestMs = Math.min(tally.oldestMs, recording.sealedAtMs);
      if (!recording.locked) tally.waitingForHours++;
    }
    return tally;
  }

  #waitingRecords(): HeldRecord[] {
    return [...this.#deps.dockingRecords()].filter(({ state }) => state === 'spooled');
  }

  /** A docking of which nobody saw the end has waited since this run began, as far as anybody knows: its camera may have been here for weeks. */
  #oldest({ waiting, oldestMs }: Tally = this.#tally()): Oldest {
    const records = this.#waitingRecords();
    const nowMs = this.#deps.believedMs();
    if (nowMs === undefined)
      return { recording: waiting === 0 ? 0 : null, record: records.length === 0 ? 0 : null };
    const waits = records.map(({ endedAtMs }) =>
      endedAtMs === null ? this.#heartbeat.upSeconds : secondsBetween(endedAtMs, nowMs),
    );
    return {
      recording: waiting === 0 ? 0 : secondsBetween(oldestMs, nowMs),
      record: waits.reduce((most, seconds) => Math.max(most, seconds), 0),
    };
  }

  #windowOpensAt({ waitingForHours }: Tally): string | null {
    const { limits } = this.#deps;
    const opensAtMs = limits.isOpen || waitingForHours === 0 ? null : limits.opensAtMs;
    return opensAtMs === null ? null : new Date(opensAtMs).toISOString();
  }

  #judge(health: Numbers, oldest: Oldest): void {
    const { free_bytes: free, temperature_c: degrees } = health;
    if (free !== null && free < LOW_BYTES)
      this.#raise('spool.low', { free_bytes: free, limit_bytes: LOW_BYTES });
    else if (free !== null && free >= LOW_OVER_BYTES) this.#clear('spool.low');
    this.#judgeBacklog(oldest);
    if (degrees !== null && degrees >= HOT_C)
      this.#raise('station.temperature', { temperature_c: degrees, limit_c: HOT_C });
    else if (degrees === null || degrees < HOT_OVER_C) this.#clear('station.temperature');
    this.#judgeStore(health);
  }

  /**
   * What was spooled within a window has a whole one before it only as much later; anything else has one within a day. Docking records wait for
   * no window, and on a normal day there is nothing but them: a store that puts them off must not look like a day on which all arrived.
   */
  #judgeBacklog({ recording, record }: Oldest): void {
    const windowed = BEHIND_SECONDS + this.#deps.limits.longestWindowS;
    const raise = (seconds: number, limit: number): void =>
      this.#raise('store.behind', { oldest_unstored_seconds: seconds, limit_seconds: limit });
    if (recording !== null && recording >= windowed) raise(recording, windowed);
    else if (record !== null && record >= BEHIND_SECONDS) raise(record, BEHIND_SECONDS);
    else if (recording !== null && record !== null) this.#clear('store.behind');
  }

  /**
   * Silence counts only while the broker is there and something waits for an answer. What waits for its hours was not offered: it says
   * nothing of the store, for good or ill.
   */
  #judgeStore(health: Numbers): void {
    const now = this.#deps.clock.monotonicMs();
    const unstored = health.spooled_recordings + health.spooled_docking_records;
    const waiting = unstored - this.#heldRecordings();
    if (waiting === 0 || !this.#deps.isConnected()) {
      this.#waitsSinceMs = undefined;
      if (unstored === 0) this.#clear('store.silent');
      return;
    }
    this.#waitsSinceMs ??= now;
    const silent = secondsBetween(this.#waitsSinceMs, now);
    if (silent >= SILENT_SECONDS) this.#raise('store.silent', { silent_s: silent, waiting });
  }

  /** Recordings that wait for the hours of recordings. */
  #heldRecordings(): number {
    return this.#deps.limits.isOpen ? 0 : this.#tally().waitingForHours;
  }

  #raise(code: string, facts: Readonly<Record<string, number>>): void {
    this.#deps.conditions.raise(code, null, facts);
  }

  #clear(code: string): void {
    this.#deps.conditions.clear(code, null);
  }
}

/** Null where one of them is not known. */
function longest({ recording, record }: Oldest): number | null {
  return recording === null || record === null ? null : Math.max(recording, record);
}
