// Conditions that are kept with their history, for tests that ask what a person would have seen.
import type { ConditionFacts, Conditions } from '../../protocol/format/ports.ts';

/** One change: raised with facts, or cleared (facts are undefined). */
export interface ConditionChange {
  readonly code: string;
  readonly subject: string | null;
  readonly facts: ConditionFacts | undefined;
}

/** In-memory Conditions. `history` holds every call, `raised` what stands. */
export class MemoryConditions implements Conditions {
  readonly history: ConditionChange[] = [];
  readonly #raised = new Map<string, ConditionChange>();

  raise(code: string, subject: string | null, facts: ConditionFacts = {}): void {
    const change = { code, subject, facts };
    this.history.push(change);
    this.#raised.set(key(code, subject), change);
  }

  clear(code: string, subject: string | null): void {
    this.history.push({ code, subject, facts: undefined });
    this.#raised.delete(key(code, subject));
  }

  isRaised(code: string, subject: string | null = null): boolean {
    return this.#raised.has(key(code, subject));
  }

  /** Facts of a raised condition, undefined where it is not raised. */
  facts(code: string, subject: string | null = null): ConditionFacts | undefined {
    return this.#raised.get(key(code, subject))?.facts;
  }

  /** Codes that stand, in order of raising, doubled where several subjects have one. */
  codes(): string[] {
    return [...this.#raised.values()].map((change) => change.code);
  }
}

function key(code: string, subject: string | null): string {
  return JSON.stringify([code, subject]);
}
