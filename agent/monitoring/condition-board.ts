// Conditions as they are shown: what was raised goes on to the log at once, and onto the board after its delay, unless a condition that
// explains it is shown. Monitoring and the station's status see the board.
//
// Invariants:
// 1. A subject is shown from the end of its delay until it is cleared, and only while none of the code's causes is shown.
// 2. Whatever is raised, the board stays bounded: subjects beyond SUBJECTS_MAX of one code are counted and only logged one by one.
// 3. A cause is never hidden by what it causes: the table has no circle (a test tells).
import type { Clock, ConditionFacts, Conditions } from '../../protocol/format/ports.ts';
import {
  CONDITION_TABLE,
  conditionKind,
  type ConditionKind,
  type ConditionTable,
  SEVERITIES,
  type Severity,
} from './condition-table.ts';

/** Of one code: bays, cameras, and some hundred recordings of a store that refuses them all. */
const SUBJECTS_MAX = 1024;
/** Codes: four times as many as the tables have. A code is ours, but a bug may make many. */
const CODES_MAX = 256;

/** One subject of a code that holds. */
export interface Standing {
  readonly subject: string | null;
  /** Wall time in ms since 1970 at which it was raised. */
  readonly sinceMs: number;
  facts: ConditionFacts;
  /** Its delay is over. */
  isDue: boolean;
  cancel: (() => void) | undefined;
}

/** A code with the subjects that it is shown for, those that hold longest first. */
export interface ShownCondition {
  readonly code: string;
  readonly kind: ConditionKind;
  readonly standing: readonly Standing[];
}

/** Says that what is shown of a code changed: it appeared, went, or shows other subjects or facts. */
export type OnShown = (code: string) => void;

/** The conditions of one program. `told` hears every call as it comes: the log. */
export class ConditionBoard implements Conditions {
  readonly #told: Conditions;
  readonly #clock: Clock;
  readonly #codes = new Map<string, Map<string | null, Standing>>();
  readonly #shown = new Set<string>();
  readonly table: ConditionTable;
  #onShown: OnShown = () => undefined;

  /** `table` has what is known of each code. */
  constructor(told: Conditions, clock: Clock, table: ConditionTable = CONDITION_TABLE) {
    this.#told = told;
    this.#clock = clock;
    this.table = table;
  }

  /** One listener; it hears of what is shown already at once. Must not throw. */
  onShown(listener: OnShown): void {
    this.#onShown = listener;
    for (const code of this.#shown) listener(code);
  }

  raise(code: string, subject: string | null, facts: ConditionFacts = {}): void {
    this.#told.raise(code, subject, facts);
    const subjects = this.#codes.get(code) ?? this.#newCode(code);
    const known = subjects?.get(subject);
    if (known === undefined) this.#stand(code, subject, facts);
    else if (!sameFacts(known.facts, facts)) {
      known.facts = facts;
      if (known.isDue) this.#changed(code);
    }
  }

  clear(code: string, subject: string | null): void {
    this.#told.clear(code, subject);
    const subjects = this.#codes.get(code);
    const standing = subjects?.get(subject);
    if (subjects === undefined || standing === undefined) return;
    standing.cancel?.();
    subjects.delete(subject);
    if (subjects.size === 0) this.#codes.delete(code);
    if (standing.isDue) this.#changed(code);
  }

  /** Clears the code for every subject but those that are named. */
  keepOnly(code: string, subjects: ReadonlySet<string | null>): void {
    for (const subject of this.#codes.get(code)?.keys() ?? [])
      if (!subjects.has(subject)) this.clear(code, subject);
  }

  /** What is shown of a code now, or undefined. */
  shown(code: string): ShownCondition | undefined {
    if (!this.#shown.has(code)) return undefined;
    const standing = [...(this.#codes.get(code)?.values() ?? [])].filter(({ isDue }) => isDue);
    return { code, kind: { ...this.#kind(code), severity: this.#severity(code, standing) }, standing };
  }

  /** Whether it holds after its delay, shown or explained by another one. */
  holds(code: string, subject: string | null): boolean {
    return this.#codes.get(code)?.get(subject)?.isDue === true;
  }

  /** Codes that are shown now, in the order of the alphabet. */
  get codes(): string[] {
    return [...this.#shown].sort();
  }

  /** How many codes are shown now, by severity. */
  count(): Record<Severity, number> {
    const counts = { info: 0, warning: 0, error: 0, critical: 0 };
    for (const code of this.#shown) counts[this.shown(code)?.kind.severity ?? 'info']++;
    return counts;
  }

  #kind(code: string): ConditionKind {
    return conditionKind(code, this.table);
  }

  /** That of its subjects whose facts say the worst one, where they say any. */
  #severity(code: string, standing: readonly Standing[]): Severity {
    const said = new Set(standing.map(({ facts }) => facts['severity']));
    return SEVERITIES.find((severity) => said.has(severity)) ?? this.#kind(code).severity;
  }

  /** Codes that are shown and mean that something is not done: with one of them the status is "degraded". */
  get degrading(): number {
    const { error, critical } = this.count();
    return error + critical;
  }

  /** No delay ends any more. */
  stop(): void {
    for (const subjects of this.#codes.values())
      for (const standing of subjects.values()) standing.cancel?.();
  }

  #newCode(code: string): Map<string | null, Standing> | undefined {
    if (this.#codes.size >= CODES_MAX) return undefined;
    const subjects = new Map<string | null, Standing>();
    this.#codes.set(code, subjects);
    return subjects;
  }

  #stand(code: string, subject: string | null, facts: ConditionFacts): void {
    const subjects = this.#codes.get(code);
    if (subjects === undefined || subjects.size >= SUBJECTS_MAX) return;
    const sinceMs = this.#clock.wallMs();
    const standing: Standing = { subject, sinceMs, facts, isDue: false, cancel: undefined };
    subjects.set(subject, standing);
    const { afterMs } = this.#kind(code);
    const due = (): void => {
      standing.isDue = true;
      this.#changed(code);
    };
    if (afterMs === 0) due();
    else standing.cancel = this.#clock.after(afterMs, due);
  }

  /** Something of a code changed: it, and what it explains, is judged again. */
  #changed(code: string): void {
    const before = new Set(this.#shown);
    this.#judgeAll();
    for (const each of new Set([code, ...before, ...this.#shown])) {
      const changed = before.has(each) !== this.#shown.has(each);
      if (changed || (each === code && this.#shown.has(code))) this.#onShown(each);
    }
  }

  /** The codes that hold, less those that one that is shown explains. Few codes hold at a time. */
  #judgeAll(): void {
    this.#shown.clear();
    for (const code of this.#codes.keys()) if (this.#isShown(code)) this.#shown.add(code);
  }

  #isShown(code: string): boolean {
    const holds = [...(this.#codes.get(code)?.values() ?? [])].some(({ isDue }) => isDue);
    return holds && !this.#kind(code).causes.some((cause) => this.#isShown(cause));
  }
}

function sameFacts(one: ConditionFacts, other: ConditionFacts): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.is(one[key], other[key]));
}
