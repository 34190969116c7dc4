import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeSessionId, parseReceiverId } from '../../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../../protocol/format/limits.ts';
import { chunksBytes, unitBytes, unitCount } from '../../../../protocol/documents/manifest.ts';
import type { HaveMessage } from '../../../../protocol/transfer/messages.ts';
import * as limits from '../../../../agent/receiver/limits.ts';
import { Receiving, type ReceivingAction } from '../../../../agent/receiver/transfer/receive-state.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';

const random = new SeededRandom(3);
const SESSION = makeSessionId(random);
const EPOCH = 7;

function begin(sealedSizeBytes: number, credit = 4): Receiving {
  const receiving = new Receiving(
    { receiver: parseReceiverId('r-a'), sealedSizeBytes, epoch: EPOCH },
    SESSION,
    0,
  );
  receiving.claimed(SESSION, 0);
  receiving.grant(credit, 0);
  return receiving;
}

function withDigests(sealedSizeBytes: number, credit = 4): Receiving {
  const receiving = begin(sealedSizeBytes, credit);
  receiving.digests(0, chunksBytes(sealedSizeBytes), 0);
  receiving.digestsChecked(true, 0);
  return receiving;
}

/** Everything that is to do at that moment. */
function drain(receiving: Receiving, nowMs: number): ReceivingAction[] {
  const actions: ReceivingAction[] = [];
  for (let action = receiving.next(nowMs); action !== undefined; action = receiving.next(nowMs))
    actions.push(action);
  return actions;
}

function haves(actions: readonly ReceivingAction[]): HaveMessage[] {
  return actions.flatMap((action) => (action.kind === 'have' ? [action.message] : []));
}

function receive(receiving: Receiving, unit: number, nowMs: number): void {
  const sizeBytes = unitBytes(receiving.subject.sealedSizeBytes, unit);
  expect(receiving.piece(unit * UNIT_BYTES, sizeBytes, nowMs)).toMatchObject({ kind: 'take', whole: true });
  receiving.checked(unit, true, nowMs);
}

/** One message of a station that may be confused or hostile. */
type Sent =
  | { kind: 'bytes'; unit: number; at: number; sizeBytes: number; altered: boolean }
  | { kind: 'digests'; offset: number; sizeBytes: number }
  | { kind: 'fin'; epoch: number }
  | { kind: 'tick'; ms: number };

const UNITS = 5;
const SIZE = 4 * UNIT_BYTES + 1000;

const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('bytes' as const),
      unit: fc.nat(UNITS),
      at: fc.oneof(fc.constant(0), fc.nat(UNIT_BYTES)),
      sizeBytes: fc.oneof(fc.constant(UNIT_BYTES), fc.integer({ min: 1, max: UNIT_BYTES })),
      altered: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('digests' as const), offset: fc.nat(200), sizeBytes: fc.nat(200) }),
  fc.constant({ kind: 'digests' as const, offset: 0, sizeBytes: chunksBytes(SIZE) }),
  fc.record({ kind: fc.constant('fin' as const), epoch: fc.integer({ min: EPOCH - 1, max: EPOCH + 1 }) }),
  fc.record({ kind: fc.constant('tick' as const), ms: fc.nat(2000) }),
);

/** Plays the caller: buffers, checks and syncs at once. Unit contents are "which bytes of this unit are right". */
class Twin {
  readonly receiving = begin(SIZE, 3);
  readonly right = new Map<number, Uint8Array>();
  readonly written = new Set<number>();
  nowMs = 0;
  completed = 0;
  refused = false;

  play(message: Sent): void {
    if (message.kind === 'tick') this.nowMs += message.ms;
    else if (message.kind === 'fin') this.receiving.fin(message.epoch, this.nowMs);
    else if (message.kind === 'digests') this.#digests(message.offset, message.sizeBytes);
    else this.#bytes(message);
    this.#act();
  }

  #digests(offset: number, sizeBytes: number): void {
    const skip = this.receiving.digests(offset, sizeBytes, this.nowMs);
    if (skip !== undefined && offset + sizeBytes === chunksBytes(SIZE))
      this.receiving.digestsChecked(true, this.nowMs);
  }

  #bytes({ unit: from, at, sizeBytes, altered }: Sent & { kind: 'bytes' }): void {
    const position = from * UNIT_BYTES + at;
    const unit = Math.floor(position / UNIT_BYTES); // behind the end of one unit begins the next one
    const verdict = this.receiving.piece(position, sizeBytes, this.nowMs);
    if (verdict.kind === 'drop') return;
    expect(verdict.unit).toBe(unit);
    expect(this.written.has(unit)).toBe(false);
    const right = this.right.get(unit) ?? new Uint8Array(unitBytes(SIZE, unit)).fill(2);
    right.fill(altered ? 1 : 0, verdict.at, verdict.at + sizeBytes);
    this.right.set(unit, right);
    if (!verdict.whole) return;
    expect(right.includes(2)).toBe(false); // whole means that each byte came
    const good = !right.includes(1);
    this.right.delete(unit);
    if (good) this.written.add(unit);
    this.receiving.checked(unit, good, this.nowMs);
  }

  #act(): void {
    for (const action of drain(this.receiving, this.nowMs)) {
      if (action.kind === 'sync') this.receiving.synced(this.nowMs);
      else if (action.kind === 'complete') this.completed++;
      else if (action.kind === 'have') this.#see(action.message);
      else this.refused = true;
      if (action.kind === 'expire' || action.kind === 'refuse') break;
    }
  }

  #see(message: HaveMessage): void {
    const told = message.received.flatMap(([first, count]) =>
      Array.from({ length: count }, (_, i) => first + i),
    );
    expect(told.toSorted((a, b) => a - b)).toEqual([...this.written].toSorted((a, b) => a - b));
    for (const [first, count] of message.durable)
      for (let unit = first; unit < first + count; unit++) expect(this.written.has(unit)).toBe(true);
  }
}

test('any order of doubled, overlapping, altered and foreign messages ends complete once the right ones came', () => {
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 40 }), (messages) => {
      const twin = new Twin();
      for (const message of messages) {
        twin.play(message);
        if (twin.refused) return; // gave up on it, as it may
      }
      twin.play({ kind: 'digests', offset: 0, sizeBytes: chunksBytes(SIZE) });
      for (let turn = 0; turn < 3; turn++)
        for (let unit = 0; unit < UNITS; unit++)
          twin.play({ kind: 'bytes', unit, at: 0, sizeBytes: unitBytes(SIZE, unit), altered: false });
      expect([...twin.written].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
      expect(twin.completed).toBe(1);
      expect(twin.receiving.missingUnits).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test('bytes are dropped until all of the digest list came, and taken right behind it', () => {
  const receiving = begin(3 * UNIT_BYTES);
  expect(receiving.piece(0, UNIT_BYTES, 0).kind).toBe('drop');
  expect(receiving.digests(0, 40, 0)).toBe(0);
  expect(receiving.piece(0, UNIT_BYTES, 0).kind).toBe('drop');
  expect(receiving.digests(40, 56, 0)).toBe(0);
  expect(receiving.piece(0, UNIT_BYTES, 0).kind).toBe('take');
});

test('the digest list is assembled in order: overlaps give what is new, gaps and excess nothing', () => {
  const receiving = begin(3 * UNIT_BYTES);
  expect(receiving.digests(32, 32, 0)).toBeUndefined();
  expect(receiving.digests(0, 64, 0)).toBe(0);
  expect(receiving.digests(0, 64, 0)).toBeUndefined();
  expect(receiving.digests(32, 65, 0)).toBeUndefined();
  expect(receiving.digests(32, 64, 0)).toBe(32);
});

test('a wrong digest list is forgotten whole and asked for again', () => {
  const receiving = begin(3 * UNIT_BYTES);
  receiving.digests(0, 96, 0);
  drain(receiving, 10);
  receiving.digestsChecked(false, 10);
  expect(haves(drain(receiving, 100))[0]?.digests_bytes).toBe(0);
  expect(receiving.piece(0, UNIT_BYTES, 100).kind).toBe('drop');
  expect(receiving.digests(0, 96, 100)).toBe(0);
});

test('no more units are taken than the credit says, and more when some landed', () => {
  const receiving = withDigests(10 * UNIT_BYTES, 2);
  expect(receiving.piece(0, UNIT_BYTES, 0).kind).toBe('take');
  expect(receiving.piece(UNIT_BYTES, 10, 0).kind).toBe('take');
  expect(receiving.piece(2 * UNIT_BYTES, UNIT_BYTES, 0).kind).toBe('drop');
  expect(receiving.piece(UNIT_BYTES + 10, 10, 0).kind).toBe('take');
  receiving.checked(0, true, 0);
  expect(receiving.piece(2 * UNIT_BYTES, UNIT_BYTES, 0).kind).toBe('take');
});

test('a unit far above the lowest missing one waits, so that gaps stay bounded', () => {
  const receiving = withDigests(2 * limits.REACH_UNITS * UNIT_BYTES);
  expect(receiving.piece(limits.REACH_UNITS * UNIT_BYTES, 10, 0).kind).toBe('drop');
  expect(receiving.piece((limits.REACH_UNITS - 1) * UNIT_BYTES, 10, 0).kind).toBe('take');
  receive(receiving, 0, 0);
  expect(receiving.piece(limits.REACH_UNITS * UNIT_BYTES, 10, 0).kind).toBe('take');
});

test('a have goes out on a claim, on news after 50 ms, after half of the credit, and every 10 s', () => {
  const receiving = withDigests(100 * UNIT_BYTES, 8);
  expect(haves(drain(receiving, 0))).toHaveLength(1);
  receive(receiving, 0, 100);
  expect(haves(drain(receiving, 100))).toHaveLength(0);
  expect(receiving.wakeAtMs).toBe(150);
  expect(haves(drain(receiving, 150))[0]?.received).toEqual([[0, 1]]);
  for (const unit of [1, 2, 3, 4]) receive(receiving, unit, 160);
  expect(haves(drain(receiving, 160))[0]?.received).toEqual([[0, 5]]);
  drain(receiving, 1200);
  receiving.synced(1200);
  drain(receiving, 1300);
  expect(haves(drain(receiving, 11_299))).toHaveLength(0);
  expect(haves(drain(receiving, 11_300))).toHaveLength(1);
});

test('an altered unit is named at once and can be sent again', () => {
  const receiving = withDigests(4 * UNIT_BYTES);
  drain(receiving, 0);
  receiving.piece(UNIT_BYTES, UNIT_BYTES, 10);
  receiving.checked(1, false, 10);
  const [have] = haves(drain(receiving, 10));
  expect(have).toMatchObject({ bad: [1], received: [] });
  receive(receiving, 1, 20);
  receiving.fin(EPOCH, 20);
  expect(haves(drain(receiving, 20))[0]).toMatchObject({ bad: [], received: [[1, 1]] });
});

test('a station that only sends altered units is refused, one good unit in between makes up for them', () => {
  const receiving = withDigests(200 * UNIT_BYTES);
  const alter = (): void => {
    for (let count = 1; count < limits.STRIKES_MAX; count++) {
      receiving.piece(0, UNIT_BYTES, 0);
      receiving.checked(0, false, 0);
    }
  };
  alter();
  receive(receiving, 1, 0);
  alter();
  expect(drain(receiving, 5).map(({ kind }) => kind)).not.toContain('refuse');
  receiving.piece(0, UNIT_BYTES, 5);
  receiving.checked(0, false, 5);
  expect(receiving.next(5)).toEqual({ kind: 'refuse' });
});

test('a fin of our epoch is answered, one of another epoch is not', () => {
  const receiving = withDigests(4 * UNIT_BYTES);
  drain(receiving, 0);
  receiving.fin(EPOCH - 1, 10);
  receiving.fin(EPOCH + 1, 10);
  expect(drain(receiving, 10)).toEqual([]);
  receiving.fin(EPOCH, 10);
  expect(haves(drain(receiving, 10))).toHaveLength(1);
});

test('a thousand fins at once are answered by a bounded number of haves', () => {
  const receiving = withDigests(4 * UNIT_BYTES);
  let count = 0;
  for (let at = 0; at < 1000; at++) {
    receiving.fin(EPOCH, at / 10);
    count += haves(drain(receiving, at / 10)).length;
  }
  expect(count).toBeLessThanOrEqual(100 / limits.HAVE_MS_MIN + 1);
});

test('units count as durable only after a sync that began behind them', () => {
  const receiving = withDigests(4 * UNIT_BYTES);
  receive(receiving, 0, 0);
  expect(drain(receiving, limits.SYNC_MS).map(({ kind }) => kind)).toContain('sync');
  receive(receiving, 1, limits.SYNC_MS);
  receiving.synced(limits.SYNC_MS + 10);
  receiving.fin(EPOCH, limits.SYNC_MS + 20);
  expect(haves(drain(receiving, limits.SYNC_MS + 20))[0]).toMatchObject({
    received: [[0, 2]],
    durable: [[0, 1]],
  });
});

test('32 MiB without a sync ask for one without waiting for the second to end', () => {
  const receiving = withDigests(100 * UNIT_BYTES, 100);
  for (let unit = 0; unit < 63; unit++) receive(receiving, unit, 1);
  expect(drain(receiving, 1).map(({ kind }) => kind)).not.toContain('sync');
  receive(receiving, 63, 1);
  expect(drain(receiving, 1).map(({ kind }) => kind)).toContain('sync');
});

test('completing waits for a sync that is running and is asked for once', () => {
  const receiving = withDigests(2 * UNIT_BYTES);
  receive(receiving, 0, 0);
  expect(drain(receiving, 1000).map(({ kind }) => kind)).toContain('sync');
  receive(receiving, 1, 1000);
  expect(drain(receiving, 1005).map(({ kind }) => kind)).not.toContain('complete');
  receiving.synced(1010);
  expect(receiving.next(1010)).toEqual({ kind: 'complete' });
  expect(drain(receiving, 100_000).map(({ kind }) => kind)).toEqual(['have']);
});

test('silence for a lease gives it back, but not while the station was told to pause', () => {
  const waiting = withDigests(2 * UNIT_BYTES, 0);
  expect(drain(waiting, 10 * limits.IDLE_MS).map(({ kind }) => kind)).not.toContain('expire');
  waiting.grant(1, 10 * limits.IDLE_MS);
  expect(drain(waiting, 11 * limits.IDLE_MS - 1).map(({ kind }) => kind)).not.toContain('expire');
  expect(waiting.next(11 * limits.IDLE_MS)).toEqual({ kind: 'expire' });
});

test('a unit that came in part is waited for longer: a bad line needs minutes for its next connection', () => {
  const waiting = withDigests(2 * UNIT_BYTES);
  expect(waiting.piece(0, 1000, 0)).toMatchObject({ kind: 'take', whole: false });
  expect(drain(waiting, limits.IDLE_HALF_MS - 1).map(({ kind }) => kind)).not.toContain('expire');
  expect(waiting.next(limits.IDLE_HALF_MS)).toEqual({ kind: 'expire' });
});

test('a new session of the station is answered under the same epoch, with what is held', () => {
  const receiving = withDigests(4 * UNIT_BYTES);
  receive(receiving, 0, 0);
  drain(receiving, 0);
  const session = makeSessionId(random);
  receiving.claimed(session, 100);
  expect(haves(drain(receiving, 100))[0]).toMatchObject({ session, epoch: EPOCH, received: [[0, 1]] });
});

test('units found on disk count as received and become durable with the next sync', () => {
  const receiving = begin(4 * UNIT_BYTES);
  receiving.digestsFound();
  for (const unit of [0, 1, 3]) receiving.unitFound(unit, 0);
  expect(receiving.missingUnits).toBe(1);
  expect(haves(drain(receiving, 10))[0]).toMatchObject({
    received: [
      [0, 2],
      [3, 1],
    ],
    durable: [],
    digests_bytes: chunksBytes(4 * UNIT_BYTES),
  });
  expect(unitCount(4 * UNIT_BYTES)).toBe(4);
});
