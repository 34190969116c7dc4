// A shown condition as monitoring sees it (SPEC 7): words from the table, facts from an allow-list, and nothing that a path, a sentence of
// a library or a name could hide in.
import { MONITORING_FACTS_MAX, MONITORING_SUBJECTS_MAX } from '../../protocol/format/limits.ts';
import type { ConditionFacts } from '../../protocol/format/ports.ts';
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import {
  CONDITION_CODE_PATTERN,
  type ConditionDocument,
  conditionSchema,
  FACT_TEXT_PATTERN,
} from '../../protocol/transfer/monitoring.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { ConditionBoard, ShownCondition, Standing } from './condition-board.ts';
import type { RetainedTopics } from './status.ts';

/** An error as "code: sentence" is its code: the sentence is for the log. */
const LEADING_CODE = /^([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+): /;
const SUBJECT_CHARACTERS_MAX = 64;

/** The document, or undefined where the code cannot be a topic. */
export function conditionDocument(
  { code, kind, standing }: ShownCondition,
  session: string,
): ConditionDocument | undefined {
  const [oldest] = standing;
  if (oldest === undefined || !CONDITION_CODE_PATTERN.test(code)) return undefined;
  const { severity, text, remedy, facts } = kind;
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

// What a condition is about, in the short form that stands beside its code: a remedy may go by the reason, so that must be seen. Pure.

/** Shape: "bay-1: recipient-unproven, bay-2"; empty where the code says it all. */
export function shownSubjects(subjects: ConditionDocument['subjects']): string {
  return subjects
    .map(({ subject, facts }) => {
      const reason = facts['reason'];
      return [subject, typeof reason === 'string' ? reason : null].filter((part) => part !== null).join(': ');
    })
    .filter((text) => text !== '')
    .join(', ');
}

// Shows the board on MQTT: one retained document a code, and an empty one for every code that is not shown. What an earlier run left
// behind, or was cleared while the broker was away, goes at the next connect.

/** Codes that an earlier version could show, and no part of this one: their topics are emptied, or a broker would show them for good. */
const FORMER: readonly string[] = ['store.put-back'];

interface ConditionTopicsDeps {
  readonly board: ConditionBoard;
  readonly retained: RetainedTopics;
  readonly topics: Pick<StationTopics, 'condition'>;
  readonly session: string;
}

/** Adds a topic for every code; the returned function tells that what is shown of a code changed. */
export function conditionTopics(deps: ConditionTopicsDeps): (code: string) => void {
  for (const code of [...Object.keys(deps.board.table), ...FORMER]) addTopic(deps, code);
  return (code) => {
    addTopic(deps, code);
    deps.retained.changed(deps.topics.condition(code));
  };
}

function addTopic({ board, retained, topics, session }: ConditionTopicsDeps, code: string): void {
  const document = (): Uint8Array | undefined => {
    const shown = board.shown(code);
    const found = shown && conditionDocument(shown, session);
    return found && encodeMonitoring(conditionSchema, found);
  };
  retained.add({ topic: topics.condition(code), document });
}
