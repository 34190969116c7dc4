// What a run of many seeds was: how much it tried, what its days held, and how long one took.
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { NEWEST } from './generations.ts';
import type { SeedResult } from './run-seed.ts';
import type { SeedJob } from './seed-sets.ts';

/** What the tally takes of a seed's result. */
export type Counted = Pick<SeedResult, 'dockings' | 'recordings' | 'bytes' | 'troubles' | 'evilActs'>;

export class Tally {
  failed = 0;
  #seeds = 0;
  #days = 0;
  #recordings = 0;
  #evilActs = 0;
  #freshDays = 0;
  /** Of days as they are drawn now; those of earlier generations held more. */
  readonly #plain = { days: 0, dockings: 0, recordings: 0, bytes: 0, troubles: 0, troublesLeast: Infinity };

  /** A seed that came to its end. */
  add(
    { generation, isFresh = false }: Pick<SeedJob, 'generation' | 'isFresh'>,
    { dockings, recordings, bytes, troubles, evilActs }: Counted,
  ): void {
    this.#seeds++;
    this.#days += troubles.length;
    this.#recordings += recordings;
    this.#evilActs += evilActs;
    if (isFresh) this.#freshDays += troubles.length;
    if (generation !== NEWEST) return;
    const plain = this.#plain;
    plain.days += troubles.length;
    plain.dockings += dockings;
    plain.recordings += recordings;
    plain.bytes += bytes;
    for (const count of troubles) {
      plain.troubles += count;
      plain.troublesLeast = Math.min(plain.troublesLeast, count);
    }
  }

  /** The figures; elapsed and processor time are those of the whole run, `freshMs` is since the first fresh seed. */
  line({
    elapsedMs,
    freshMs,
    processorMs,
  }: {
    readonly elapsedMs: number;
    readonly freshMs: number;
    readonly processorMs: number;
  }): string {
    return [
      `${this.#seeds} seeds, ${this.#days} station-days, ${this.#recordings} recordings, ${this.#evilActs} acts of evil brokers, ${this.failed} seeds failed`,
      this.#dayLine(),
      `${rate(this.#days, elapsedMs)} station-days a minute, ${Math.round(processorMs / this.#days)} ms of processor time each`,
      `of fresh seeds ${this.#freshDays}, ${rate(this.#freshDays, freshMs)} a minute`,
    ].join('; ');
  }

  #dayLine(): string {
    const { days, dockings, recordings, bytes, troubles, troublesLeast } = this.#plain;
    const mean = (sum: number, of = days): string => (sum / of).toFixed(1);
    return `a day holds ${mean(dockings)} dockings, ${mean(recordings)} recordings of ${mean(bytes / UNIT_BYTES, recordings)} units and ${mean(troubles)} troubles on average, ${troublesLeast} trouble at least`;
  }
}

/** A minute; 0 where there was no time. */
function rate(days: number, ms: number): number {
  return ms === 0 ? 0 : Math.round((days * 60_000) / ms);
}
