import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { BrokerConditions } from '../../../agent/platform/broker-conditions.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';

function open(): {
  readonly clock: ManualClock;
  readonly shown: MemoryConditions;
  readonly broker: BrokerConditions;
} {
  const clock = new ManualClock();
  const shown = new MemoryConditions();
  const broker = new BrokerConditions({ conditions: shown, clock, broker: 'broker:8883' });
  broker.started();
  return { clock, shown, broker };
}

describe('conditions of the broker', () => {
  test('a broker that is away is shown after ten seconds, with the latest reason, until it is back', async () => {
    const { clock, shown, broker } = open();
    broker.ended({ kind: 'unreachable', detail: 'ENOTFOUND' });
    await clock.advance(9_999);
    assert.deepEqual(shown.codes(), []);
    await clock.advance(1);
    assert.equal(shown.facts('broker.unreachable')?.['reason'], 'ENOTFOUND');
    broker.ended({ kind: 'unreachable', detail: 'ECONNREFUSED' });
    assert.deepEqual(shown.facts('broker.unreachable'), {
      broker: 'broker:8883',
      reason: 'ECONNREFUSED',
      attempts: 2,
    });
    broker.connected();
    assert.deepEqual(shown.codes(), []);
  });

  test('a short loss is not shown', async () => {
    const { clock, shown, broker } = open();
    broker.connected();
    broker.ended({ kind: 'lost', detail: 'cut', connectedMs: 5 });
    await clock.advance(5_000);
    broker.connected();
    await clock.advance(60_000);
    assert.deepEqual(shown.codes(), []);
  });

  test('an attempt that never ends is shown too', async () => {
    const { clock, shown } = open();
    await clock.advance(10_000);
    assert.deepEqual(shown.codes(), ['broker.unreachable']);
  });

  test('a definite cause is shown at once and alone, and gives way to another one', async () => {
    const { clock, shown, broker } = open();
    broker.ended({ kind: 'refused', detail: 'Not authorized', reasonCode: 135 });
    assert.equal(shown.facts('broker.refused')?.['reason_code'], 135);
    await clock.advance(60_000);
    assert.deepEqual(shown.codes(), ['broker.refused']);
    broker.ended({ kind: 'tls', detail: 'certificate has expired' });
    assert.deepEqual(shown.codes(), ['broker.tls']);
    broker.ended({ kind: 'unreachable', detail: 'ENOTFOUND' });
    await clock.advance(10_000);
    assert.deepEqual(shown.codes(), ['broker.unreachable']);
  });

  test('a client id in use stays shown until the connection was quiet for longer than the other one waits', async () => {
    const { clock, shown, broker } = open();
    broker.ended({ kind: 'taken-over', detail: 'Session taken over' });
    broker.connected();
    await clock.advance(119_000);
    broker.ended({ kind: 'taken-over', detail: 'Session taken over' });
    broker.connected();
    await clock.advance(119_000);
    assert.deepEqual(shown.codes(), ['broker.client-id-in-use']);
    await clock.advance(61_000);
    assert.deepEqual(shown.codes(), []);
  });

  test('a refusal of one recording, or of one place of the log, is over when another one is taken', () => {
    const { shown, broker } = open();
    const [one, other] = ['abcdefghijklmnopqrstuvwxye', 'bbcdefghijklmnopqrstuvwxye'];
    const kinds = [
      [`b/v1/kod-1/up/offer/${one}`, `b/v1/kod-1/up/offer/${other}`],
      [`b/v1/kod-1/up/custody/${one}/1`, `b/v1/kod-1/up/custody/${other}/65`],
      [`b/v1/kod-1/up/r-a/${one}/fin`, `b/v1/kod-1/up/r-a/${other}/fin`],
    ];
    for (const [refused = '', taken = ''] of kinds) {
      broker.publishRefused(refused, 'Quota exceeded', 151);
      broker.publishTaken('b/v1/kod-1/status');
      for (const [another = ''] of kinds) if (another !== refused) broker.publishTaken(another);
      assert.deepEqual(shown.codes(), ['broker.publish-refused']);
      broker.publishTaken(taken);
      assert.deepEqual(shown.codes(), []);
    }
  });

  test('a client id that was taken over explains nothing any more once the broker has been away for long', async () => {
    const { clock, shown, broker } = open();
    broker.connected();
    broker.ended({ kind: 'taken-over', detail: 'another client' });
    await clock.advance(90_000);
    assert.deepEqual(shown.codes(), ['broker.client-id-in-use']);
    for (let minute = 0; minute < 10; minute++) {
      broker.ended({ kind: 'unreachable', detail: 'EHOSTUNREACH' });
      await clock.advance(60_000);
    }
    assert.deepEqual(shown.codes(), ['broker.unreachable']);
    broker.connected();
    broker.ended({ kind: 'taken-over', detail: 'another client' });
    await clock.advance(600_000);
    assert.deepEqual(shown.codes(), ['broker.client-id-in-use']);
  });

  test('a refused message is shown until one to that topic is taken', () => {
    const { shown, broker } = open();
    broker.publishRefused('a/1', 'Quota exceeded', 151);
    broker.publishTaken('a/2');
    assert.equal(shown.facts('broker.publish-refused')?.['topic'], 'a/1');
    broker.publishTaken('a/1');
    assert.deepEqual(shown.codes(), []);
  });

  test('after its stop no timer is left', () => {
    const { clock, broker } = open();
    broker.connected();
    broker.ended({ kind: 'unreachable', detail: 'x' });
    broker.stop();
    assert.equal(clock.pending, 0);
  });
});
