// Makes the witnesses while the receiver runs: shortly after its start for all days that were missed, then for each day once it is over.
//
// Invariants:
// 1. The vault is read once for each day that is over, not at each look.
// 2. While the store's clock is doubtful no witness is made: one made of a day that is not over could never be put right.
// 3. Whatever fails is told as a condition and tried again at the next look; it never ends the receiver.
import type { Conditions } from '../../../protocol/format/ports.ts';
import { witnessLine } from '../../../protocol/custody/witness.ts';
import { describeDoubt, DOUBT_REMEDY, type ClockDoubt } from '../retention/clock-trust.ts';
import { lastDayOver, makeWitnesses, type MadeWitnesses, type WitnessDeps } from './witness-maker.ts';

/** The first look, behind the start: what stations wait for goes first. */
export const WITNESS_FIRST_LOOK_MS = 5000;
/** Between two looks; only the first one of a day reads the vault. A witness is at most this late. */
export const WITNESS_LOOK_MS = 10 * 60_000;
const MISSING = 'witness.missing';

export interface DailyWitnessOptions {
  /** Those of the maker, but the signal: it is this object's own. */
  readonly deps: Omit<WitnessDeps, 'signal'>;
  readonly conditions: Conditions;
  /** Whether the store's clock may say that a day is over. Errors: the system's; the signal's reason. */
  readonly clockDoubt: (signal: AbortSignal) => Promise<ClockDoubt | null>;
}

/** Of one running receiver. */
export class DailyWitness {
  readonly #options: DailyWitnessOptions;
  readonly #stop = new AbortController();
  #cancel: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** All days up to this one have their witness, or nothing came in them. */
  #doneUpTo = '';

  constructor(options: DailyWitnessOptions) {
    this.#options = options;
  }

  /** Begins to look. */
  start(): void {
    this.#arm(WITNESS_FIRST_LOOK_MS);
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the receiver stops'));
    this.#cancel?.();
    await this.#looking;
  }

  #arm(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#cancel = this.#options.deps.clock.after(ms, () => {
      this.#looking = this.#look().then(() => this.#arm(WITNESS_LOOK_MS));
    });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { deps, conditions } = this.#options;
    const over = lastDayOver(deps.clock);
    if (over === this.#doneUpTo) return;
    try {
      const doubt = await this.#options.clockDoubt(this.#stop.signal);
      if (doubt !== null) return this.#tell(over, { reason: describeDoubt(doubt), remedy: DOUBT_REMEDY });
      if (!(await this.#makeAll())) return;
      this.#doneUpTo = over;
      conditions.clear(MISSING, null);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      deps.log.warn('witness not made', { day: over, error });
      this.#tell(over, { reason: 'a witness could not be made', remedy: 'look at the log of the receiver' });
    }
  }

  /** False where another process is at it: the next look sees what became of it. */
  async #makeAll(): Promise<boolean> {
    const { deps } = this.#options;
    let made: MadeWitnesses;
    do {
      made = await makeWitnesses({ ...deps, signal: this.#stop.signal });
      for (const witness of made.made)
        deps.log.info('daily witness line (print and file)', { line: witnessLine(witness) });
    } while (made.more && made.made.length > 0);
    return !made.more;
  }

  #tell(day: string, told: { readonly reason: string; readonly remedy: string }): void {
    this.#options.conditions.raise(MISSING, null, { day, ...told });
  }
}
