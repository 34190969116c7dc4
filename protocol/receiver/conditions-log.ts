// Conditions of a receiver: what stands is kept in memory, each change is one line of the log.
import type { ConditionFacts, Conditions, Log } from '../ports.ts';

/** Codes times stations of one store, with room; beyond it a condition is only logged. */
const STANDING_MAX = 16_384;

/** Conditions over a log. A condition that stands and is raised again with other facts is not logged again. */
export function loggedConditions(log: Log): Conditions {
  const standing = new Set<string>();
  return {
    raise: (code: string, subject: string | null, facts: ConditionFacts = {}) => {
      const key = JSON.stringify([code, subject]);
      if (standing.has(key)) return;
      if (standing.size < STANDING_MAX) standing.add(key);
      log.error('condition raised', { condition: code, subject, ...facts });
    },
    clear: (code, subject) => {
      if (standing.delete(JSON.stringify([code, subject])))
        log.info('condition cleared', { condition: code, subject });
    },
  };
}
