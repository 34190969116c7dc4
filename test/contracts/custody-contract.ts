// What every Custody must do, the log on a disk and the one that tests look into: order, durability at a checkpoint, and what happens
// while nothing can be written.
import assert from 'node:assert/strict';
import type { Custody } from '../../agent/custody/custody-log.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import type { ContractRunner } from './runner.ts';

/** A log and the way to look at it and to disturb it. */
export interface CustodySubject {
  readonly custody: Custody;
  /** What is left of the events that were appended if the power goes now, in order. */
  readonly durable: () => readonly CustodyEvent[];
  /** From now on nothing can be written. */
  readonly fail: () => void;
  /** Writing works again, and anybody who tries again by himself has done so. */
  readonly heal: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const event = (number: number): CustodyEvent => ({
  event: 'docked',
  facts: { bay: 'bay-1', camera: 'cam-1', number },
});
const numbers = (subject: CustodySubject): unknown[] =>
  subject.durable().map(({ facts }) => facts['number'] ?? null);
const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

type Run = (name: string, run: (subject: CustodySubject) => Promise<void>) => void;

function checkpointContract(test: Run): void {
  test('what was appended is durable in order when the checkpoint resolves', async (subject) => {
    for (const number of range(200)) subject.custody.append(event(number));
    await subject.custody.checkpoint();
    assert.deepEqual(numbers(subject), range(200));
    assert.deepEqual(subject.durable()[7], event(8));
  });

  test('a checkpoint with nothing before it resolves, as often as it is asked for', async (subject) => {
    for (let turn = 0; turn < 3; turn++) await subject.custody.checkpoint();
    assert.deepEqual(numbers(subject), []);
  });

  test('of many callers at one time each finds its own event durable, and none stands twice', async (subject) => {
    await Promise.all(
      range(50).map(async (number) => {
        subject.custody.append(event(number));
        await subject.custody.checkpoint();
        assert.ok(numbers(subject).includes(number));
      }),
    );
    assert.deepEqual(numbers(subject), range(50));
  });

  test('an event that comes while a checkpoint is made is covered by the next one', async (subject) => {
    subject.custody.append(event(1));
    const first = subject.custody.checkpoint();
    subject.custody.append(event(2));
    await first;
    await subject.custody.checkpoint();
    assert.deepEqual(numbers(subject), [1, 2]);
  });

  test('facts are those of the moment of appending', async (subject) => {
    const facts: Record<string, number | string> = { bay: 'bay-1', camera: 'cam-1', number: 1 };
    subject.custody.append({ event: 'docked', facts });
    facts['number'] = 2;
    await subject.custody.checkpoint();
    assert.deepEqual(numbers(subject), [1]);
  });
}

function refusalContract(test: Run): void {
  const unfit: Record<string, CustodyEvent['facts']> = {
    'a number that is not whole': { bay: 'bay-1', ratio: 0.5 },
    'a text beyond the bound': { bay: 'x'.repeat(8193) },
    'more than an entry holds': { a: 'x'.repeat(8192), b: 'y'.repeat(8192) },
  };
  for (const [name, facts] of Object.entries(unfit)) {
    test(`refuses ${name} at once, and takes what comes behind it`, async (subject) => {
      assert.throws(
        () => subject.custody.append({ event: 'docked', facts }),
        (error) => isDockError(error, 'custody.refused'),
      );
      subject.custody.append(event(1));
      await subject.custody.checkpoint();
      assert.deepEqual(numbers(subject), [1]);
    });
  }
}

function failureContract(test: Run): void {
  test('while nothing can be written, a checkpoint says so and no event is lost', async (subject) => {
    subject.custody.append(event(1));
    await subject.custody.checkpoint();
    subject.fail();
    subject.custody.append(event(2));
    const failed = (error: unknown): boolean => isDockError(error, 'custody.write-failed');
    await assert.rejects(subject.custody.checkpoint(), failed);
    subject.custody.append(event(3));
    await assert.rejects(subject.custody.checkpoint(), failed);
    assert.deepEqual(numbers(subject), [1]);
    await subject.heal();
    subject.custody.append(event(4));
    await subject.custody.checkpoint();
    assert.deepEqual(numbers(subject), range(4));
  });
}

/** Runs the suite; `make` gives a new, empty log for each test. */
export function custodyContract({ test }: ContractRunner, make: () => Promise<CustodySubject>): void {
  const run: Run = (name, body) =>
    test(name, async () => {
      const subject = await make();
      try {
        await body(subject);
      } finally {
        await subject.close();
      }
    });
  checkpointContract(run);
  refusalContract(run);
  failureContract(run);
}
