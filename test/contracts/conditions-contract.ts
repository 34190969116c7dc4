// What every Conditions must do: one statement for each code and subject, whatever is said how often.
import assert from 'node:assert/strict';
import type { Conditions } from '../../protocol/format/ports.ts';
import type { ContractRunner } from './runner.ts';

/** Conditions, and what stands of them as somebody outside sees it: "code subject", sorted. */
export interface ConditionsSubject {
  readonly conditions: Conditions;
  readonly standing: () => readonly string[];
}

/** Runs the suite; `make` gives conditions of which none stands. */
export function conditionsContract({ test }: ContractRunner, make: () => ConditionsSubject): void {
  test('a condition stands from the first raise to the first clear, however often either is said', () => {
    const { conditions, standing } = make();
    assert.deepEqual(standing(), []);
    for (let turn = 0; turn < 3; turn++) conditions.raise('spool.full', null, { free_bytes: turn });
    assert.deepEqual(standing(), ['spool.full null']);
    for (let turn = 0; turn < 3; turn++) conditions.clear('spool.full', null);
    assert.deepEqual(standing(), []);
  });

  test('clearing what never stood changes nothing', () => {
    const { conditions, standing } = make();
    conditions.raise('spool.full', null);
    conditions.clear('spool.gone', null);
    conditions.clear('spool.full', 'bay-1');
    assert.deepEqual(standing(), ['spool.full null']);
  });

  test('each subject of a code is a statement of its own, and so is the code without one', () => {
    const { conditions, standing } = make();
    for (const subject of ['bay-1', 'bay-2', null]) conditions.raise('camera.refused', subject);
    conditions.raise('camera.not-erased', 'bay-1');
    conditions.clear('camera.refused', 'bay-1');
    assert.deepEqual(standing(), ['camera.not-erased bay-1', 'camera.refused bay-2', 'camera.refused null']);
    conditions.clear('camera.refused', null);
    assert.deepEqual(standing(), ['camera.not-erased bay-1', 'camera.refused bay-2']);
  });

  test('what was cleared can be raised again', () => {
    const { conditions, standing } = make();
    for (let turn = 0; turn < 3; turn++) {
      conditions.raise('broker.offline', null, { since: 'now' });
      assert.deepEqual(standing(), ['broker.offline null']);
      conditions.clear('broker.offline', null);
      assert.deepEqual(standing(), []);
    }
  });
}
