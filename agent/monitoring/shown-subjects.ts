// What a condition is about, in the short form that stands beside its code: a remedy may go by the reason, so that must be seen. Pure.
import type { ConditionDocument } from '../../protocol/transfer/monitoring.ts';

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
