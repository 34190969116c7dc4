import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { LoggedConditions } from '../../../agent/platform/conditions-log.ts';
import { conditionsContract } from '../../contracts/conditions-contract.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

/** What stands by the lines of the log alone: each change is one line. */
function standingIn(log: MemoryLog): string[] {
  const standing = new Set<string>();
  for (const { message, fields } of log.lines) {
    const name = `${String(fields['condition'])} ${String(fields['subject'])}`;
    if (message === 'condition raised') standing.add(name);
    else standing.delete(name);
  }
  return [...standing].sort();
}

describe('conditions that are told to the log', () => {
  conditionsContract({ test }, () => {
    const log = new MemoryLog();
    const conditions = new LoggedConditions(log);
    return {
      conditions,
      standing: () => {
        const standing = standingIn(log);
        assert.equal(conditions.standing, standing.length);
        return standing;
      },
    };
  });

  test('whoever listens hears the number after each change, and nothing where nothing changed', () => {
    const heard: number[] = [];
    const conditions = new LoggedConditions(new MemoryLog(), (standing) => heard.push(standing));
    conditions.raise('spool.full', null);
    conditions.raise('spool.full', null);
    conditions.raise('spool.gone', null);
    conditions.clear('spool.full', null);
    conditions.clear('spool.full', null);
    assert.deepEqual(heard, [1, 2, 1]);
  });
});
