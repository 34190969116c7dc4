// What every Broker must do: the one in memory, and MQTT.js with aedes or mosquitto behind it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isDockError } from '../../protocol/format/errors.ts';
import type { StartableBroker } from '../../agent/platform/broker-mqtt.ts';
import type { BrokerWill } from '../../agent/platform/broker-endings.ts';
import type { BrokerMessage } from '../../protocol/format/ports.ts';
import type { ContractRunner } from './runner.ts';

/** A broker with its clients. */
export interface BrokerSubject {
  /** A client that is not started. */
  readonly client: (id: string, options?: { readonly will?: BrokerWill }) => Promise<StartableBroker>;
  /** Breaks the client's connection without a word; it comes back by itself. */
  readonly cut: (id: string) => void;
  /** As cut, but it cannot come back before `release`. */
  readonly hold: (id: string) => void;
  readonly release: (id: string) => void;
  /** Lets time go by until the condition holds, or throws after a while. */
  readonly until: (condition: () => boolean) => Promise<void>;
  /** Ends clients and broker. */
  readonly close: () => Promise<void>;
}

type Run = (subject: BrokerSubject) => Promise<void>;
type Define = (name: string, run: Run) => void;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A client that has started, with everything it heard. */
interface Heard {
  readonly broker: StartableBroker;
  readonly messages: { topic: string; payload: Buffer; retained: boolean }[];
  readonly states: boolean[];
}

function listen(broker: StartableBroker): Heard {
  const heard: Heard = { broker, messages: [], states: [] };
  broker.onMessage(({ topic, payload, retained }: BrokerMessage) => {
    heard.messages.push({ topic, payload: Buffer.from(payload), retained });
  });
  broker.onState((connected) => heard.states.push(connected));
  return heard;
}

async function started(
  subject: BrokerSubject,
  id: string,
  filters: readonly string[] = [],
  will?: BrokerWill,
): Promise<Heard> {
  const heard = listen(await subject.client(id, will === undefined ? {} : { will }));
  for (const filter of filters) await heard.broker.subscribe(filter);
  heard.broker.start();
  await subject.until(() => heard.broker.connected);
  return heard;
}

const topics = (heard: Heard): string[] => heard.messages.map(({ topic }) => topic);
const isOffline = (error: unknown): boolean => isDockError(error, 'broker.offline');

function deliveryContract(define: Define): void {
  define('a message arrives with its topic and its very bytes, in both qualities', async (subject) => {
    const to = await started(subject, 'to', ['a/#']);
    const from = await started(subject, 'from');
    const payloads = [new Uint8Array(0), utf8('ä'), randomBytes(70_000), randomBytes(512 * 1024)];
    for (const qos of [0, 1] as const) {
      for (const payload of payloads) await from.broker.publish(`a/${qos}`, payload, { qos });
    }
    await subject.until(() => to.messages.length === 8);
    assert.deepEqual(
      to.messages.map(({ topic }) => topic),
      [0, 0, 0, 0, 1, 1, 1, 1].map((qos) => `a/${qos}`),
    );
    for (const [place, { payload, retained }] of to.messages.entries()) {
      assert.ok(payload.equals(payloads[place % 4] ?? utf8('none')), `payload ${place}`);
      assert.equal(retained, false);
    }
  });

  define('messages of one client arrive in the order in which they were published', async (subject) => {
    const to = await started(subject, 'to', ['a/#']);
    const from = await started(subject, 'from');
    const wanted = Array.from({ length: 200 }, (_, place) => `a/${place}`);
    await Promise.all(wanted.map((topic) => from.broker.publish(topic, utf8('x'), { qos: 1 })));
    await subject.until(() => to.messages.length === 200);
    assert.deepEqual(topics(to), wanted);
  });

  define('a filter gets what it names and nothing else', async (subject) => {
    const plus = await started(subject, 'plus', ['a/+/c']);
    const hash = await started(subject, 'hash', ['a/b/#']);
    const exact = await started(subject, 'exact', ['a/b']);
    const from = await started(subject, 'from');
    for (const topic of ['a', 'a/b', 'a/b/c', 'a/x/c', 'a/b/c/d', 'b/b/c', 'end/a']) {
      await from.broker.publish(topic, utf8('x'), { qos: 1 });
    }
    await plus.broker.subscribe('end/+');
    await hash.broker.subscribe('end/+');
    await exact.broker.subscribe('end/+');
    await from.broker.publish('end/b', utf8('x'), { qos: 1 });
    await subject.until(() => [plus, hash, exact].every((heard) => topics(heard).includes('end/b')));
    assert.deepEqual(topics(plus), ['a/b/c', 'a/x/c', 'end/b']);
    assert.deepEqual(topics(hash), ['a/b', 'a/b/c', 'a/b/c/d', 'end/b']);
    assert.deepEqual(topics(exact), ['a/b', 'end/b']);
  });

  define(
    'a subscription made while connected counts when it resolves; made twice, a message comes once',
    async (subject) => {
      const to = await started(subject, 'to');
      const from = await started(subject, 'from');
      await to.broker.subscribe('a/+');
      await to.broker.subscribe('a/+');
      await from.broker.publish('a/1', utf8('x'), { qos: 1 });
      await from.broker.publish('a/2', utf8('x'), { qos: 1 });
      await subject.until(() => topics(to).includes('a/2'));
      assert.deepEqual(topics(to), ['a/1', 'a/2']);
    },
  );

  define('a handler that throws does not cost the next message', async (subject) => {
    const broker = await subject.client('to');
    const seen: string[] = [];
    broker.onMessage(({ topic }) => {
      seen.push(topic);
      throw new Error(`the handler fails on ${topic}`);
    });
    await broker.subscribe('a/#');
    broker.start();
    await subject.until(() => broker.connected);
    const from = await started(subject, 'from');
    await from.broker.publish('a/1', utf8('x'), { qos: 1 });
    await from.broker.publish('a/2', utf8('x'), { qos: 0 });
    await subject.until(() => seen.length === 2);
    assert.ok(broker.connected);
  });
}

function retainedContract(define: Define): void {
  define(
    'a retained message waits for later subscribers and says so; the latest one counts',
    async (subject) => {
      const from = await started(subject, 'from', ['a/#']);
      await from.broker.publish('a/1', utf8('old'), { qos: 1, retain: true });
      await from.broker.publish('a/1', utf8('new'), { qos: 1, retain: true });
      await subject.until(() => from.messages.length === 2);
      assert.deepEqual(
        from.messages.map(({ retained }) => retained),
        [false, false],
      );
      const later = await started(subject, 'later', ['a/#']);
      await subject.until(() => later.messages.length === 1);
      assert.equal(later.messages[0]?.payload.toString(), 'new');
      assert.equal(later.messages[0]?.retained, true);
    },
  );

  define('an empty retained message takes the retained one away', async (subject) => {
    const from = await started(subject, 'from');
    await from.broker.publish('a/1', utf8('x'), { qos: 1, retain: true });
    await from.broker.publish('a/2', utf8('x'), { qos: 1, retain: true });
    await from.broker.publish('a/1', new Uint8Array(0), { qos: 1, retain: true });
    const later = await started(subject, 'later', ['a/#']);
    await subject.until(() => later.messages.length > 0);
    assert.deepEqual(topics(later), ['a/2']);
  });
}

function stateContract(define: Define): void {
  define('before its start a client is not connected and sends nothing', async (subject) => {
    const broker = await subject.client('one');
    await broker.subscribe('a/#');
    assert.equal(broker.connected, false);
    await assert.rejects(broker.publish('a/1', utf8('x'), { qos: 1 }), isOffline);
    await assert.rejects(broker.publish('a/1', utf8('x'), { qos: 0 }), isOffline);
  });

  define('after a cut it says so, comes back by itself, and is subscribed again', async (subject) => {
    const to = await started(subject, 'to', ['a/#']);
    const from = await started(subject, 'from');
    subject.cut('to');
    await subject.until(() => to.states.length === 3);
    assert.deepEqual(to.states, [true, false, true]);
    await from.broker.publish('a/1', utf8('x'), { qos: 1 });
    await subject.until(() => to.messages.length === 1);
  });

  define('what was published while a subscriber was away never arrives', async (subject) => {
    const to = await started(subject, 'to', ['a/#']);
    const from = await started(subject, 'from');
    subject.hold('to');
    await subject.until(() => to.states.includes(false));
    await from.broker.publish('a/lost', utf8('x'), { qos: 1 });
    subject.release('to');
    await subject.until(() => to.broker.connected);
    await from.broker.publish('a/later', utf8('x'), { qos: 1 });
    await subject.until(() => topics(to).includes('a/later'));
    assert.deepEqual(topics(to), ['a/later']);
  });

  define('a publish while the connection is away rejects, and is not sent later', async (subject) => {
    const to = await started(subject, 'to', ['a/#']);
    const from = await started(subject, 'from');
    subject.hold('from');
    await subject.until(() => from.states.includes(false));
    await assert.rejects(from.broker.publish('a/lost', utf8('x'), { qos: 1 }), isOffline);
    await assert.rejects(from.broker.publish('a/lost', utf8('x'), { qos: 0 }), isOffline);
    subject.release('from');
    await subject.until(() => from.broker.connected);
    await from.broker.publish('a/later', utf8('x'), { qos: 1 });
    await subject.until(() => to.messages.length > 0);
    assert.deepEqual(topics(to), ['a/later']);
  });

  define(
    'a subscription made while away resolves at once and counts after the next connect',
    async (subject) => {
      const to = await started(subject, 'to');
      const from = await started(subject, 'from');
      subject.hold('to');
      await subject.until(() => to.states.includes(false));
      await to.broker.subscribe('a/#');
      subject.release('to');
      await subject.until(() => to.broker.connected);
      await from.broker.publish('a/1', utf8('x'), { qos: 1 });
      await subject.until(() => to.messages.length === 1);
    },
  );

  define('a closed client says so once, sends nothing, and may be closed again', async (subject) => {
    const one = await started(subject, 'one');
    await one.broker.close(true);
    assert.equal(one.broker.connected, false);
    assert.deepEqual(one.states, [true, false]);
    await assert.rejects(one.broker.publish('a/1', utf8('x'), { qos: 1 }), isOffline);
    await one.broker.close(true);
  });

  define('a client that never started may be closed', async (subject) => {
    const broker = await subject.client('one');
    await broker.close(false);
  });
}

function willContract(define: Define): void {
  const will = { topic: 'w/1', payload: utf8('lost'), qos: 1, retain: true } as const;

  define('a will is published and retained when the connection is cut', async (subject) => {
    const to = await started(subject, 'to', ['w/#']);
    await started(subject, 'one', [], will);
    subject.cut('one');
    await subject.until(() => to.messages.length === 1);
    assert.equal(to.messages[0]?.payload.toString(), 'lost');
    const later = await started(subject, 'later', ['w/#']);
    await subject.until(() => later.messages.length === 1);
    assert.equal(later.messages[0]?.retained, true);
  });

  define('a will is published after an unclean close, and not after a clean one', async (subject) => {
    const to = await started(subject, 'to', ['w/#']);
    const clean = await started(subject, 'clean', [], { ...will, topic: 'w/clean' });
    const unclean = await started(subject, 'unclean', [], { ...will, topic: 'w/unclean' });
    await clean.broker.close(true);
    await unclean.broker.close(false);
    await subject.until(() => topics(to).includes('w/unclean'));
    assert.deepEqual(topics(to), ['w/unclean']);
  });
}

function sizeContract(define: Define): void {
  define('the largest payload passes; one byte more is refused before anything is sent', async (subject) => {
    const to = await started(subject, 'to', ['a/#']);
    const from = await started(subject, 'from');
    const largest = new Uint8Array(from.broker.payloadBytesMax).fill(7);
    await from.broker.publish('a/1', largest, { qos: 0 });
    const over = new Uint8Array(from.broker.payloadBytesMax + 1);
    for (const qos of [0, 1] as const) {
      const publishing = from.broker.publish('a/2', over, { qos });
      await assert.rejects(publishing, (error) => isDockError(error, 'broker.message-oversize'));
    }
    await from.broker.publish('a/3', utf8('x'), { qos: 1 });
    await subject.until(() => topics(to).includes('a/3'));
    assert.deepEqual(topics(to), ['a/1', 'a/3']);
    assert.equal(to.messages[0]?.payload.length, largest.length);
    assert.deepEqual(from.states, [true]);
  });
}

/** Runs the suite; `open` gives a fresh broker per test. */
export function brokerContract(runner: ContractRunner, open: () => Promise<BrokerSubject>): void {
  const define: Define = (name, run) => {
    runner.test(name, async () => {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
  };
  deliveryContract(define);
  retainedContract(define);
  stateContract(define);
  willContract(define);
  sizeContract(define);
}
