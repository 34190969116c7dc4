// A shown condition as monitoring sees it (SPEC 7): words from the table, facts from an allow-list, and nothing that a path, a sentence of
// a library or a name could hide in.
import {
  CONDITION_CODE_PATTERN,
  FACT_TEXT_PATTERN,
  type ConditionDocument,
} from '../../protocol/transfer/monitoring.ts';
import { MONITORING_FACTS_MAX, MONITORING_SUBJECTS_MAX } from '../../protocol/format/limits.ts';
import type { ConditionFacts } from '../../protocol/format/ports.ts';
import type { ShownCondition, Standing } from './condition-board.ts';
import { conditionKind } from './condition-table.ts';

/** An error as "code: sentence" is its code: the sentence is for the log. */
const LEADING_CODE = /^([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+): /;
const SUBJECT_CHARACTERS_MAX = 64;

/** The document, or undefined where the code cannot be a topic. */
export function conditionDocument(
  { code, standing }: ShownCondition,
  session: string,
): ConditionDocument | undefined {
  const [oldest] = standing;
  if (oldest === undefined || !CONDITION_CODE_PATTERN.test(code)) return undefined;
  const { severity, text, remedy, facts } = conditionKind(code);
  return {
    code,
    severity,
    session,
    since: instant(oldest),
    text,
    remedy,
    subjects_shown: standing.length,
    subjects: standing.slice(0, MONITORING_SUBJECTS_MAX).map((one) => ({
      subject: one.subject === null ? null : one.subject.slice(0, SUBJECT_CHARACTERS_MAX),
      since: instant(one),
      facts: allowedFacts(one.facts, facts),
    })),
  };
}

function instant({ sinceMs }: Standing): string {
  return new Date(sinceMs).toISOString();
}

function allowedFacts(
  facts: ConditionFacts,
  allowed: readonly string[],
): ConditionDocument['subjects'][number]['facts'] {
  const shown: Record<string, string | number | boolean | null> = {};
  for (const key of allowed.slice(0, MONITORING_FACTS_MAX)) {
    const value = shownValue(facts[key]);
    if (value !== undefined) shown[key] = value;
  }
  return shown;
}

function shownValue(value: ConditionFacts[string] | undefined): ConditionFacts[string] | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return value;
  const text = LEADING_CODE.exec(value)?.[1] ?? value;
  return FACT_TEXT_PATTERN.test(text) ? text : undefined;
}
