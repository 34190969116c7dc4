// Recordings that are kept although something is odd about them, as conditions: until the store has them, and their camera left, or until they
// are quarantined, which has a condition of its own.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { Conditions } from '../../protocol/format/ports.ts';

/**
 * Recordings of one code that are remembered; of more the condition is raised once the first ones are gone, or never: the log has them all. One that
 * calls a person must not stay untold because a camera writes many files of a kind that nobody knows.
 */
const RECORDINGS_MAX = 1024;
const DAMAGED_CONDITION = 'recording.damaged';
const REJECTED_CONDITION = 'recording.rejected';

interface Odd {
  readonly docking: string;
  readonly code: string;
  isReceipted: boolean;
}

/** Listens to what enters the custody log. */
export class RejectedRecordings {
  readonly #conditions: Conditions;
  readonly #bays = new Map<string, string>();
  /** Docking of each recording whose bytes were read a moment ago. */
  readonly #pulled = new Map<string, string>();
  readonly #odd = new Map<string, Odd>();
  readonly #counts = new Map([
    [DAMAGED_CONDITION, 0],
    [REJECTED_CONDITION, 0],
  ]);

  constructor(conditions: Conditions) {
    this.#conditions = conditions;
  }

  /** What an earlier run left without a receipt. */
  takeOver(
    recordings: Iterable<{ recording: string; state: string; rejected: { reason: string } | null }>,
  ): void {
    for (const { recording, state, rejected } of recordings)
      if (state === 'spooled' && rejected !== null) this.#rejected(recording, rejected.reason, '');
  }

  /** Something was entered into the custody log. Never throws. */
  entered({ event, facts }: CustodyEvent): void {
    const docking = String(facts['docking']);
    const recording = String(facts['recording']);
    if (event === 'docked') this.#bays.set(docking, String(facts['bay']));
    else if (event === 'pulled') this.#pulled.set(recording, docking);
    else if (event === 'rejected')
      this.#rejected(recording, String(facts['reason']), this.#pulled.get(recording) ?? '');
    else if (event === 'spooled') this.#pulled.delete(recording);
    else if (event === 'receipted') this.#receipted(recording);
    else if (event === 'quarantined') this.#setAside(String(facts['name']));
    else if (event === 'undocked') this.#undocked(docking);
  }

  #rejected(recording: string, reason: string, docking: string): void {
    const code = reason === 'damaged' ? DAMAGED_CONDITION : REJECTED_CONDITION;
    const count = this.#counts.get(code) ?? 0;
    if (count >= RECORDINGS_MAX) return;
    if (!this.#odd.has(recording)) this.#counts.set(code, count + 1);
    this.#odd.set(recording, { docking, code, isReceipted: false });
    this.#conditions.raise(code, recording, { bay: this.#bays.get(docking) ?? null, reason });
  }

  #receipted(recording: string): void {
    const odd = this.#odd.get(recording);
    if (odd === undefined) return;
    odd.isReceipted = true;
    if (!this.#bays.has(odd.docking)) this.#over(recording, odd);
  }

  /** No receipt will come for it. */
  #setAside(recording: string): void {
    const odd = this.#odd.get(recording);
    if (odd !== undefined) this.#over(recording, odd);
  }

  #undocked(docking: string): void {
    this.#bays.delete(docking);
    for (const [recording, of] of this.#pulled) if (of === docking) this.#pulled.delete(recording);
    for (const [recording, odd] of this.#odd)
      if (odd.docking === docking && odd.isReceipted) this.#over(recording, odd);
  }

  #over(recording: string, { code }: Odd): void {
    this.#odd.delete(recording);
    this.#counts.set(code, (this.#counts.get(code) ?? 1) - 1);
    this.#conditions.clear(code, recording);
  }
}
