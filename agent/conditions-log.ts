// Conditions that are kept in memory and told to the log: what stands is known, what changed is written once.
import type { ConditionFacts, Conditions, Log } from '../protocol/ports.ts';

/** Subjects of one code that are kept apart; more of them count as the newest. */
const STANDING_MAX = 10_000;

/** Conditions of one process. `onChange` is called after each change of what stands. */
export class LoggedConditions implements Conditions {
  readonly #log: Log;
  readonly #onChange: (standing: number) => void;
  readonly #standing = new Set<string>();

  constructor(log: Log, onChange: (standing: number) => void = () => undefined) {
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Conditions that stand now. */
  get standing(): number {
    return this.#standing.size;
  }

  raise(code: string, subject: string | null, facts: ConditionFacts = {}): void {
    const key = `${code} ${subject ?? ''}`;
    if (this.#standing.has(key) || this.#standing.size >= STANDING_MAX) return;
    this.#standing.add(key);
    this.#log.warn('condition raised', { ...facts, code, subject });
    this.#onChange(this.#standing.size);
  }

  clear(code: string, subject: string | null): void {
    if (!this.#standing.delete(`${code} ${subject ?? ''}`)) return;
    this.#log.info('condition cleared', { code, subject });
    this.#onChange(this.#standing.size);
  }
}
