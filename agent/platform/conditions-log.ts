// Conditions that are kept in memory and told to the log: what stands is known, what changed is written once, a change of its severity too.
import type { ConditionFacts, Conditions, Log } from '../../protocol/format/ports.ts';

/** Codes times subjects, with room for a store of many stations; beyond it a condition is only logged. */
const STANDING_MAX = 16_384;

/** Conditions of one process. `onChange` is called after each change of what stands. */
export class LoggedConditions implements Conditions {
  readonly #log: Log;
  readonly #onChange: (standing: number) => void;
  /** What stands, with its severity. */
  readonly #standing = new Map<string, ConditionFacts[string] | undefined>();

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
    const { severity } = facts;
    if (this.#standing.has(key) && this.#standing.get(key) === severity) return;
    if (this.#standing.has(key) || this.#standing.size < STANDING_MAX) this.#standing.set(key, severity);
    this.#log.warn('condition raised', { ...facts, condition: code, subject });
    this.#onChange(this.#standing.size);
  }

  clear(code: string, subject: string | null): void {
    if (!this.#standing.delete(`${code} ${subject ?? ''}`)) return;
    this.#log.info('condition cleared', { condition: code, subject });
    this.#onChange(this.#standing.size);
  }
}
