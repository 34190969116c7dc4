// A station as witness of its store's log (SPEC 6.12): which checkpoints and proofs count, what is asked and when, and what is a fork.
import { expect, test, describe } from 'vitest';
import type { LogFork } from '../../../agent/custody/differences.ts';
import { Ledger } from '../../../agent/custody/ledger.ts';
import { LogWitness } from '../../../agent/push/log-witness.ts';
import { NOTHING_KNOWN, type StoreState } from '../../../agent/spool/store-state.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { encodeReceipt } from '../../../protocol/documents/receipt.ts';
import {
  parseReceiverId,
  parseStationId,
  type RecordingId,
  type SessionId,
} from '../../../protocol/format/ids.ts';
import { messageField, type ReceiptMessage } from '../../../protocol/transfer/messages.ts';
import { receiverTopics, stationTopics } from '../../../protocol/transfer/topics.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { parseCheckpoint } from '../../../protocol/transparency/checkpoint.ts';
import { parseNote } from '../../../protocol/transparency/signed-note.ts';
import { FakeStoreLog } from '../../fakes/store-log.ts';

const station = parseStationId('kod-1');
const receiver = parseReceiverId('r-a');
const vault = 'abcdefghijklmnopqrstuvwxya' as SessionId;
const otherVault = 'abcdefghijklmnopqrstuvwxye' as SessionId;
const recording = 'abcdefghijklmnopqrstuvwxyi' as RecordingId;
const KEY = makeSecretKey(seededRandom(31));
const OTHER_KEY = makeSecretKey(seededRandom(32));
const ORIGIN = `bodydock/${vault}/${receiver}`;
const HOUR_MS = 3_600_000;
const RESTORED: NonNullable<StoreState['restored']> = {
  receiver,
  vault,
  sha256: 'f'.repeat(64),
  restored_at: '2026-12-01T12:00:00.000Z',
  complete_until: '2026-12-01T11:00:00.000Z',
  offered: true,
};

function receiptBytes(change: object = {}): Uint8Array {
  return encodeReceipt({
    type: 'receipt',
    version: 1,
    kind: 'recording',
    recording,
    station,
    manifest_sha256: '1'.repeat(64),
    sealed_size_bytes: 7,
    chunks_sha256: '2'.repeat(64),
    receiver,
    vault,
    custody_head: null,
    received_at: '2026-12-01T12:00:00.000Z',
    ...change,
  });
}

class Rig {
  readonly clock = new ManualClock();
  readonly log = new MemoryLog();
  readonly entered: CustodyEvent[] = [];
  readonly forks: LogFork[] = [];
  readonly asked: { size: number; nonce: string; origin: string; atMs: number }[] = [];
  readonly store = new FakeStoreLog(KEY, ORIGIN);
  readonly ledger = new Ledger();
  readonly standing = { vault: vault as SessionId | undefined, state: NOTHING_KNOWN, isForked: false };
  /** Who answers, where somebody does. */
  answering: FakeStoreLog | undefined;
  /** What a broker makes of each question. */
  altered: { readonly size?: number; readonly origin?: string } = {};
  connected = true;
  witness = this.start();

  start(): LogWitness {
    const { clock, log, ledger, standing } = this;
    const isConnected = (): boolean => this.connected;
    return new LogWitness({
      ledger,
      store: { station, storeKeys: [publicKeyOf(KEY)], receivers: [receiver] },
      standing,
      differences: {
        logForked: (fork) => {
          this.forks.push(fork);
          standing.isForked = true;
        },
      },
      custody: { append: (event) => void this.entered.push(event) },
      broker: {
        get connected() {
          return isConnected();
        },
        publish: async (topic, payload) => {
          const up = receiverTopics('bodydock', receiver).parseUp(topic);
          if (up?.kind !== 'log') throw new RangeError(topic);
          const { size, nonce } = up;
          const question = { size, nonce, origin: new TextDecoder().decode(payload) };
          this.asked.push({ ...question, atMs: clock.monotonicMs() });
          const answer = await this.answering?.answer(station, { ...question, ...this.altered });
          if (answer !== undefined) this.witness.take(answer);
        },
      },
      topics: stationTopics('bodydock', station),
      clock,
      random: seededRandom(3),
      log,
    });
  }

  async message(from = this.witness.newest?.size ?? 0, log = this.store): Promise<ReceiptMessage> {
    const bytes = receiptBytes();
    return {
      message: 'receipt',
      receiver,
      receipt: messageField(bytes),
      signature: '',
      log: await log.prove(bytes, from),
    };
  }

  async code(message: ReceiptMessage | Promise<ReceiptMessage>): Promise<string | undefined> {
    return this.witness.follow(await message)?.code;
  }

  async pass(ms: number, step = 1000): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      await this.clock.advance(step);
      await settle(3);
    }
  }

  get notes(): unknown[] {
    return this.entered.map(({ facts }) => facts['checkpoint']);
  }
}

describe('the proof beside a receipt', () => {
  test('counts where the entry is in the log that the station saw, and makes that the newest checkpoint', async () => {
    const rig = new Rig();
    rig.store.grow(5);
    expect(rig.witness.newest).toBeUndefined();
    expect(await rig.code(rig.message())).toBeUndefined();
    expect(rig.witness.newest).toEqual({ origin: ORIGIN, size: 6 });
    rig.store.grow(7);
    expect(await rig.code(rig.message())).toBeUndefined();
    expect(rig.witness.newest?.size).toBe(14);
    expect(await rig.code(rig.message(13))).toBe('receipt.log-unproven');
    expect(rig.witness.newest?.size).toBe(14);
    expect(rig.forks).toEqual([]);
  });

  test('is from the checkpoint of the one before, in the order in which they come', async () => {
    const rig = new Rig();
    const messages = [await rig.message(0)];
    for (let at = 1; at < 20; at++) messages.push(await rig.message(rig.store.size));
    for (const message of messages) expect(await rig.code(message)).toBeUndefined();
    for (const message of messages) expect(await rig.code(message), 'the same again').toBeUndefined();
  });

  test.for<[string, (rig: Rig, good: ReceiptMessage) => ReceiptMessage | Promise<ReceiptMessage>]>([
    ['none', (_, { log: _log, ...rest }) => rest],
    [
      'about another receipt',
      (_, good) => ({ ...good, receipt: messageField(receiptBytes({ sealed_size_bytes: 8 })) }),
    ],
    [
      'with a fact too many',
      async (rig, good) => ({ ...good, log: await rig.store.prove(receiptBytes(), 0, { more: 'x' }) }),
    ],
    [
      'of another station',
      async (rig, good) => ({ ...good, log: await rig.store.prove(receiptBytes(), 0, { station: 'kod-2' }) }),
    ],
    [
      'of another kind',
      async (rig, good) => ({ ...good, log: await rig.store.prove(receiptBytes(), 0, { kind: 'docking' }) }),
    ],
    ['with another index', (_, good) => withProof(good, (text) => text.replace('index 5', 'index 4'))],
    ['with another root', (_, good) => withProof(good, (text) => text.replace(/\n6\n./, '\n6\nA'))],
    [
      'without a signature of the store',
      (rig) => rig.message(0, new FakeStoreLog(OTHER_KEY, ORIGIN).grow(5)),
    ],
    ['of another receiver', (rig) => rig.message(0, new FakeStoreLog(KEY, `bodydock/${vault}/r-b`).grow(5))],
    [
      'of another vault',
      (rig) => rig.message(0, new FakeStoreLog(KEY, `bodydock/${otherVault}/r-a`).grow(5)),
    ],
    [
      'of a restored log without its statement',
      (rig) => rig.message(0, new FakeStoreLog(KEY, `${ORIGIN}/${'f'.repeat(16)}`).grow(5)),
    ],
  ])('does not count: %s', async ([, change]) => {
    const rig = new Rig();
    rig.store.grow(5);
    const good = await rig.message(0);
    expect(await rig.code(change(rig, good))).toBe('receipt.not-in-log');
    expect([rig.witness.newest, rig.forks, rig.entered]).toEqual([undefined, [], []]);
    expect(await rig.code(good)).toBeUndefined();
  });

  test('does not count by an altered consistency, which makes another question and no fork', async () => {
    const rig = new Rig();
    await rig.code(rig.message());
    rig.store.grow(3);
    const good = await rig.message();
    const log = good.log as NonNullable<typeof good.log>;
    const altered = { ...good, log: { ...log, consistency: log.consistency.toReversed().slice(1) } };
    expect(await rig.code(altered)).toBe('receipt.log-unproven');
    await rig.pass(2000);
    expect(rig.asked.map(({ size, origin }) => [size, origin])).toEqual([[1, ORIGIN]]);
    expect(rig.forks).toEqual([]);
    expect(await rig.code(good)).toBeUndefined();
  });

  test('of a log after a statement counts once the station follows that, and the one of before no more', async () => {
    const rig = new Rig();
    await rig.code(rig.message());
    const restored = rig.store.fork(0, `${ORIGIN}/${'f'.repeat(16)}`).grow(2);
    expect(await rig.code(rig.message(0, restored))).toBe('receipt.not-in-log');
    rig.standing.state = { ...NOTHING_KNOWN, restored: RESTORED };
    expect(rig.witness.newest).toBeUndefined();
    expect(await rig.code(rig.message(0, restored))).toBeUndefined();
    expect(rig.witness.newest).toEqual({ origin: restored.origin, size: 4 });
    expect(await rig.code(rig.message(1))).toBe('receipt.not-in-log');
  });
});

test('the log of a vault that was put in the place of a restored one counts, but not beside it', async () => {
  const log = (): FakeStoreLog => new FakeStoreLog(KEY, `bodydock/${otherVault}/${receiver}`).grow(5);
  for (const [statedBy, code] of [
    [parseReceiverId('r-gone'), undefined],
    [receiver, 'receipt.not-in-log'],
  ] as const) {
    const rig = new Rig();
    rig.standing.vault = undefined;
    rig.standing.state = { ...NOTHING_KNOWN, restored: { ...RESTORED, receiver: statedBy } };
    expect(await rig.code(rig.message(0, log()))).toBe(code);
  }
});

function withProof(message: ReceiptMessage, change: (text: string) => string): ReceiptMessage {
  const log = message.log as NonNullable<ReceiptMessage['log']>;
  const proof = change(log.proof);
  expect(proof).not.toBe(log.proof);
  return { ...message, log: { ...log, proof } };
}

describe('what was seen', () => {
  test('is entered at the first receipt, then once a minute, at the end, and only where the log grew', async () => {
    const rig = new Rig();
    for (let second = 0; second < 150; second++) {
      await rig.code(rig.message());
      await rig.clock.advance(1000);
    }
    expect(rig.entered.map(({ event }) => event)).toEqual(['store-log', 'store-log', 'store-log']);
    rig.witness.stop();
    rig.witness.stop();
    expect(rig.entered).toHaveLength(4);
    expect(rig.notes.at(-1)).toBe(await rig.store.note());
  });

  test('is taken over from the ledger, also where its key is not pinned any more', async () => {
    const rig = new Rig();
    const before = new FakeStoreLog(OTHER_KEY, ORIGIN).grow(9);
    rig.ledger.noteLog(await before.note());
    rig.witness = rig.start();
    expect(rig.witness.newest).toEqual({ origin: ORIGIN, size: 9 });
    rig.store.grow(9);
    expect(await rig.code(rig.message()), 'the same lines by the new key').toBeUndefined();
    const rewritten = rig.store.fork(0).grow(20, 'other');
    rig.answering = rewritten;
    rig.witness.connectionChanged(true);
    await rig.pass(2000);
    expect(rig.forks).toHaveLength(1);
  });
});

describe('questions', () => {
  test('are asked at a connect and each hour, about what is known', async () => {
    const rig = new Rig();
    rig.store.grow(4);
    rig.answering = rig.store;
    rig.witness.connectionChanged(true);
    await rig.pass(2000);
    rig.store.grow(3);
    await rig.pass(3 * HOUR_MS, 60_000);
    expect(rig.asked.map(({ size, origin }) => [size, origin])).toEqual([
      [0, ''],
      [4, ORIGIN],
      [7, ORIGIN],
      [7, ORIGIN],
    ]);
    expect(rig.notes).toEqual([await rig.store.note(4), await rig.store.note(7)]);
  });

  test('without an answer are asked with growing pauses, one each hour at last, and none without a connection', async () => {
    const rig = new Rig();
    rig.witness.connectionChanged(true);
    await rig.pass(24 * HOUR_MS, 1000);
    expect(rig.asked.length).toBeLessThan(36);
    expect(rig.asked.length).toBeGreaterThan(24);
    rig.connected = false;
    rig.witness.connectionChanged(false);
    const before = rig.asked.length;
    await rig.pass(2 * HOUR_MS, 10_000);
    expect(rig.asked).toHaveLength(before);
  });

  test('that receipts give rise to are one a second at most', async () => {
    const rig = new Rig();
    await rig.code(rig.message());
    rig.store.grow(3);
    for (let at = 0; at < 100; at++) {
      await rig.code(rig.message(2));
      await rig.pass(100, 100);
    }
    expect(rig.asked.length).toBeLessThanOrEqual(10);
  });

  test('are answered by one answer alone: old ones, those of others and altered ones change nothing', async () => {
    const rig = new Rig();
    rig.store.grow(4);
    rig.witness.connectionChanged(true);
    await rig.pass(1000);
    const question = rig.asked[0] ?? { size: 0, nonce: '', origin: '' };
    const other = rig.store.fork(2);
    for (const bytes of [
      await rig.store.answer(station, { size: 0, nonce: '0'.repeat(16), origin: '' }),
      await rig.store.answer(parseStationId('kod-2'), question),
      await rig.store.answer(station, question, { receiver: parseReceiverId('r-b') }),
      await new FakeStoreLog(OTHER_KEY, ORIGIN).grow(3).answer(station, question),
      Buffer.from((await rig.store.answer(station, question)).toString().replace('checkpoint', 'checkpoInt')),
      Buffer.from('nonsense'),
    ])
      rig.witness.take(bytes);
    expect([rig.witness.newest, rig.entered]).toEqual([undefined, []]);
    rig.witness.take(await rig.store.answer(station, question));
    rig.witness.take(await other.answer(station, question));
    expect(rig.witness.newest?.size).toBe(4);
    expect(rig.forks).toEqual([]);
  });
});

describe('a fork', () => {
  async function seen(size: number): Promise<Rig> {
    const rig = new Rig();
    rig.store.grow(size);
    rig.answering = rig.store;
    rig.witness.connectionChanged(true);
    await rig.pass(1000);
    expect(rig.witness.newest?.size).toBe(size);
    return rig;
  }

  test('is an answer of more leaves that do not continue what was seen', async () => {
    const rig = await seen(9);
    const before = await rig.store.note();
    rig.answering = rig.store.fork(5).grow(10, 'other');
    await rig.pass(HOUR_MS, 60_000);
    expect(rig.forks).toEqual([{ vault, notes: [before, await rig.answering.note()] }]);
    expect(await rig.code(rig.message())).toBe('store.log-forked');
    await rig.pass(5 * HOUR_MS, 60_000);
    expect(rig.forks).toHaveLength(1);
  });

  test('is another root of the same size, also beside a receipt', async () => {
    const rig = await seen(9);
    expect(await rig.code(rig.message(9, rig.store.fork(7).grow(1, 'other')))).toBe('store.log-forked');
    expect(rig.forks).toHaveLength(1);
  });

  test('is fewer leaves in three answers over two seconds, and not in two, or in old ones', async () => {
    const rig = await seen(9);
    rig.answering = rig.store.fork(6);
    const asked = rig.asked.length;
    await rig.pass(HOUR_MS, 60_000);
    rig.answering = rig.store; // it was on its way
    await rig.pass(10_000);
    expect([rig.forks, rig.asked.length - asked]).toEqual([[], 2]);
    rig.answering = rig.store.fork(6);
    await rig.pass(HOUR_MS - 60_000, 60_000);
    await rig.pass(120_000, 500);
    expect(rig.forks).toEqual([{ vault, notes: [await rig.store.note(), await rig.answering.note()] }]);
    const answers = rig.asked.slice(-3).map(({ atMs }) => atMs);
    expect((answers[2] ?? 0) - (answers[0] ?? 0)).toBeGreaterThanOrEqual(2000);
  });

  test('is a store that says three times that it has no log', async () => {
    const rig = await seen(3);
    rig.answering = rig.store.fork(0);
    await rig.pass(HOUR_MS + 120_000, 500);
    expect(rig.forks).toEqual([{ vault, notes: [await rig.store.note(), null] }]);
  });

  test.for([{ size: 4 }, { size: 12 }, { origin: `bodydock/${otherVault}/${receiver}` }])(
    'is no answer to a question that the broker altered: %s',
    async (altered) => {
      const rig = await seen(9);
      rig.store.grow(6);
      rig.altered = altered;
      await rig.pass(3 * HOUR_MS, 60_000);
      expect([rig.forks, rig.witness.newest?.size]).toEqual([[], 9]);
      rig.altered = {};
      await rig.pass(HOUR_MS, 60_000);
      expect([rig.forks, rig.witness.newest?.size]).toEqual([[], 15]);
    },
  );

  test('is a statement that names another root for a size that was seen, after a start too', async () => {
    const rig = await seen(4);
    const named = (size: number, root: number): boolean =>
      rig.witness.contradicts({ origin: ORIGIN, size, root: new Uint8Array(32).fill(root) });
    expect([named(9, 1), named(3, 1)]).toEqual([false, false]);
    const note = await rig.store.note();
    expect(rig.witness.contradicts(parseCheckpoint(parseNote(note).text))).toBe(false);
    expect(rig.forks).toEqual([]);
    rig.ledger.noteLog(note);
    rig.witness = rig.start();
    expect([named(4, 1), rig.forks.length]).toEqual([true, 1]);
  });

  test('continues from what the store says once a person has acknowledged it', async () => {
    const rig = await seen(9);
    rig.answering = rig.store.fork(5).grow(1, 'other');
    await rig.pass(HOUR_MS + 120_000, 500);
    expect(rig.forks).toHaveLength(1);
    rig.standing.isForked = false;
    expect(await rig.code(rig.message(undefined, rig.answering))).toBeUndefined();
    expect(rig.witness.newest?.size).toBe(7);
  });

  test('that two stations are shown shows at the one that sees the other one’s log', async () => {
    const [one, two] = [await seen(4), await seen(4)];
    const branches = [one.store.fork(4).grow(3, 'one'), one.store.fork(4).grow(3, 'two')] as const;
    for (const [rig, branch] of [
      [one, branches[0]],
      [two, branches[1]],
    ] as const)
      expect(await rig.code(rig.message(4, branch))).toBeUndefined();
    const { log } = await two.message(0, branches[1]);
    const merged = await two.message(8, branches[1]);
    expect(log).toBeDefined();
    expect(await one.code(merged)).toBe('receipt.log-unproven');
    one.answering = branches[1];
    await one.pass(3000);
    expect(one.forks).toHaveLength(1);
  });
});
