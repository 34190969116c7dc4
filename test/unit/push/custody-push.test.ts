// The conversation about the custody log: what is asked, what is sent, and what is found out of a store that is not what it was.
import { describe, expect, test } from 'vitest';
import type { ShownLess } from '../../../agent/push/store-rollback.ts';
import { CustodyPush, type Dropping } from '../../../agent/push/custody-push.ts';
import { StrangeKeys } from '../../../agent/push/push-verify.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import {
  makeSegmentId,
  parseSegmentId,
  parseStationId,
  type SegmentId,
} from '../../../protocol/format/ids.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { CustodyStore, entryDigest } from '../../fakes/custody-store.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const station = parseStationId('kod-1');
const ENTRIES = 3;

const NOTHING_TO_DROP: Dropping = {
  candidate: () => undefined,
  confirmed: () => undefined,
  refused: () => undefined,
  stop: async () => undefined,
};

/** A station with a log of so many segments of three entries each; all but the newest have ended. */
class LogRig {
  readonly clock = new ManualClock();
  readonly store = new CustodyStore(station);
  readonly log = new MemoryLog();
  readonly conditions = new MemoryConditions();
  readonly segments: { segment: SegmentId; lastSequence: number; held: boolean }[];
  /** Heads that the store named and that are not ours. */
  readonly foreign: CustodyHead[] = [];
  /** Whether the store shows less than it had signed for, as that changed; and that it does, once it is sure. */
  readonly doubts: boolean[] = [];
  less: ShownLess | undefined;
  dropping: Dropping = NOTHING_TO_DROP;
  /** While a head is looked up on the disk. */
  lookedUp: (head: CustodyHead) => Promise<void> = () => Promise.resolve();
  answers = true;
  connected = true;
  /** Which the disk does not show. */
  unreadable: SegmentId | undefined;
  /** What reading that one gives. */
  shown: () => undefined | Promise<undefined> = () => undefined;
  readonly push: CustodyPush;

  constructor(count: number, held = false) {
    const random = seededRandom(11);
    this.segments = Array.from({ length: count }, () => ({
      segment: makeSegmentId(random),
      lastSequence: ENTRIES,
      held,
    }));
    const newest = this.segments.at(-1);
    if (newest !== undefined) newest.held = false;
    for (const known of this.segments) if (known.held) this.store.held.set(known.segment, ENTRIES);
    this.store.newest = this.segments.filter((known) => known.held).at(-1)?.segment;
    const isConnected = (): boolean => this.connected;
    this.push = new CustodyPush({
      broker: {
        get connected(): boolean {
          return isConnected();
        },
        publish: (topic, payload) => this.#publish(topic, payload),
      },
      topics: stationTopics('bodydock', station),
      store: { station, storeKeys: this.store.storeKeys, receivers: this.store.receivers },
      strangeKeys: new StrangeKeys(this),
      source: {
        segments: () => this.segments,
        read: async (segment, from) => {
          if (segment === this.unreadable) return this.shown();
          const to = this.segments.find((known) => known.segment === segment)?.lastSequence ?? 0;
          return { lines: Buffer.from('line\n'), from, to };
        },
        storeHolds: (segment) => this.#remember(segment, true),
        storeLost: (segment) => {
          const from = this.segments.findIndex((known) => known.segment === segment);
          for (const known of this.segments.slice(from)) known.held = false;
        },
      },
      differences: {
        isOurs: async (head) => {
          await this.lookedUp(head);
          const ours = this.segments.find((known) => known.segment === head.segment);
          const isOurs =
            ours !== undefined &&
            head.sequence <= ours.lastSequence &&
            head.sha256 === entryDigest(head.segment, head.sequence);
          if (!isOurs) this.foreign.push(head);
          return isOurs;
        },
      },
      dropping: {
        candidate: () => this.dropping.candidate(),
        confirmed: (...args) => this.dropping.confirmed(...args),
        refused: (segment) => this.dropping.refused(segment),
        stop: () => this.dropping.stop(),
      },
      standing: {
        doubts: (isDoubtful) => {
          if (this.doubts.at(-1) !== isDoubtful) this.doubts.push(isDoubtful);
        },
        showsLess: (less) => (this.less = less),
      },
      clock: this.clock,
      random: seededRandom(12),
      log: this.log,
      conditions: this.conditions,
    });
  }

  id(at: number): SegmentId {
    return this.segments.at(at)?.segment as SegmentId;
  }

  /** Loses the connection, finds it again, and lets everything be said. What was asked and sent before is forgotten. */
  async reconnect(): Promise<void> {
    this.store.asked.length = 0;
    this.store.sent.length = 0;
    this.push.connectionChanged(false);
    this.push.connectionChanged(true);
    await this.talk();
  }

  /** Questions about what it shows less of are asked for some seconds. */
  async talk(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 3;) {
      await settle(20);
      if (this.doubts.at(-1) === true) {
        await this.clock.advance(700);
        continue;
      }
      const said = this.store.asked.length + this.store.sent.length;
      quiet = said === seen ? quiet + 1 : 0;
      seen = said;
    }
  }

  async #publish(topic: string, payload: Uint8Array): Promise<void> {
    const segment = parseSegmentId(topic.split('/').at(-2) ?? '');
    const last = this.segments.find((known) => known.segment === segment)?.lastSequence ?? 0;
    const answers = await this.store.take(topic, payload, last);
    if (this.answers) for (const answer of answers) this.push.take(answer);
  }

  #remember(segment: SegmentId, held: boolean): void {
    const known = this.segments.slice(0, -1).find((each) => each.segment === segment);
    if (known !== undefined) known.held = held;
  }
}

/** A look-up that lasts until it is `shown`. */
function slowDisk(): { readonly disk: Promise<void>; readonly shown: () => void } {
  let shown = (): void => undefined;
  const disk = new Promise<void>((resolve) => (shown = resolve));
  return { disk, shown };
}

describe('a store that does not answer', () => {
  async function silent(): Promise<{ rig: LogRig; askedAtMs: number[] }> {
    const rig = new LogRig(1);
    rig.answers = false;
    const askedAtMs: number[] = [];
    rig.store.take = (...args) => {
      askedAtMs.push(rig.clock.monotonicMs());
      return CustodyStore.prototype.take.apply(rig.store, args);
    };
    rig.push.connectionChanged(true);
    await settle();
    return { rig, askedAtMs };
  }

  test('is asked again with doubling pauses up to a minute', async () => {
    const { rig, askedAtMs } = await silent();
    for (let second = 0; second < 200; second++) await rig.clock.advance(1000);
    const pauses = askedAtMs.map((at, index) => at - (askedAtMs[index - 1] ?? at)).slice(1);
    expect(pauses.slice(0, 6)).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000]);
  });

  test('is asked within two seconds once it says anything of a recording, and no oftener', async () => {
    const { rig, askedAtMs } = await silent();
    for (let second = 0; second < 70; second++) await rig.clock.advance(1000);
    const before = askedAtMs.length;
    for (let message = 0; message < 100; message++) rig.push.storeHeard();
    await rig.clock.advance(2000);
    expect(askedAtMs.length).toBe(before + 1);
    for (let message = 0; message < 100; message++) rig.push.storeHeard();
    await rig.clock.advance(1900);
    expect(askedAtMs.length).toBe(before + 1);
  });

  test('is asked at once where somebody waits for the log to be there', async () => {
    const { rig, askedAtMs } = await silent();
    for (let second = 0; second < 70; second++) await rig.clock.advance(1000);
    const before = askedAtMs.length;
    rig.answers = true;
    await rig.push.level(1000);
    expect(askedAtMs.length).toBeGreaterThan(before);
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES);
  });
});

describe('a log that grows by an entry every 100 ms', () => {
  async function grown(seconds: number, entries: number): Promise<LogRig> {
    const rig = new LogRig(1);
    await rig.reconnect();
    expect(rig.store.sent).toHaveLength(1);
    for (let step = 0; step < 10 * seconds; step++) {
      (rig.segments[0] as { lastSequence: number }).lastSequence += entries;
      rig.push.advance();
      await rig.clock.advance(100);
    }
    return rig;
  }

  test('is sent once a second, and the end of it a second later at most', async () => {
    const rig = await grown(10, 1);
    expect(rig.store.sent.length).toBeGreaterThanOrEqual(9);
    expect(rig.store.sent.length).toBeLessThanOrEqual(11);
    await rig.clock.advance(1000);
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES + 100);
  });

  test('leaves at once where 64 entries wait', async () => {
    const rig = await grown(1, 64);
    expect(rig.store.sent).toHaveLength(11);
  });

  test('is not sent any more once all stops', async () => {
    const rig = await grown(0.5, 1);
    const before = rig.store.sent.length;
    await rig.push.stop();
    await rig.clock.advance(5000);
    expect(rig.store.sent).toHaveLength(before);
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES);
  });
});

describe('who waits until the store has signed for all of the log', () => {
  async function grownBy(entries: number): Promise<LogRig> {
    const rig = new LogRig(1);
    await rig.reconnect();
    (rig.segments[0] as { lastSequence: number }).lastSequence += entries;
    rig.push.advance();
    await rig.talk();
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES); // it waits
    return rig;
  }

  test('has what waited for more sent at once, and goes on when the store has signed for it', async () => {
    const rig = await grownBy(2);
    expect(await rig.push.level(1500)).toBe(true);
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES + 2);
    expect(rig.clock.monotonicMs()).toBe(0);
  });

  test('goes on at once where the store has everything', async () => {
    const rig = new LogRig(1);
    await rig.reconnect();
    expect(await rig.push.level(1500)).toBe(true);
    expect(rig.clock.monotonicMs()).toBe(0);
  });

  test('waits for a store that says nothing no longer than that', async () => {
    const rig = await grownBy(2);
    rig.answers = false;
    let isOver = false;
    const ending = rig.push.level(1500).finally(() => (isOver = true));
    await rig.clock.advance(1400);
    expect(isOver).toBe(false);
    await rig.clock.advance(100);
    expect(await ending).toBe(false);
  });

  test('does not wait for a connection, nor for the end', async () => {
    const rig = await grownBy(2);
    rig.answers = false;
    const cut = rig.push.level(1500);
    rig.connected = false;
    rig.push.connectionChanged(false);
    expect(await cut).toBe(false);
    expect(await rig.push.level(1500)).toBe(false);
    rig.connected = true;
    rig.push.connectionChanged(true);
    const ended = rig.push.level(1500);
    await rig.push.stop();
    expect(await ended).toBe(false);
    expect(await rig.push.level(1500)).toBe(false);
    expect(rig.clock.monotonicMs()).toBe(0);
  });

  test('leaves the pause as it is for what comes behind', async () => {
    const rig = await grownBy(2);
    await rig.push.level(1500);
    (rig.segments[0] as { lastSequence: number }).lastSequence++;
    rig.push.advance();
    await rig.talk();
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES + 2);
    await rig.clock.advance(1000);
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES + 3);
  });
});

test('what may be dropped is asked about while a small batch waits', async () => {
  const rig = new LogRig(2, true);
  await rig.reconnect();
  const old = rig.id(0);
  (rig.segments[1] as { lastSequence: number }).lastSequence++;
  rig.store.asked.length = 0;
  rig.dropping = {
    ...NOTHING_TO_DROP,
    candidate: () => old,
    confirmed: () => (rig.dropping = NOTHING_TO_DROP),
  };
  rig.push.advance();
  await rig.talk();
  expect(rig.store.asked).toEqual([old]);
  expect(rig.store.held.get(rig.id(1))).toBe(ENTRIES);
});

describe('a log of thousands of segments that the store holds', () => {
  test('is not asked for again: at a connect only the ends of it, and the newest one is sent', async () => {
    const rig = new LogRig(5000, true);
    await rig.reconnect();
    expect(rig.store.asked).toEqual([rig.id(-1), rig.id(0)]);
    expect(rig.store.sent).toEqual([rig.id(-1)]);
    await rig.reconnect();
    expect(rig.store.asked).toEqual([rig.id(-1), rig.id(0)]);
    expect(rig.store.sent).toEqual([]);
  });

  test('of which nobody remembers it, is asked for once, and not again at the next connect', async () => {
    const rig = new LogRig(1000, true);
    for (const known of rig.segments) known.held = false;
    await rig.reconnect();
    expect(new Set(rig.store.asked).size).toBe(999); // of one the store speaks unasked
    expect(rig.store.asked).toHaveLength(999);
    expect(rig.store.sent).toEqual([rig.id(-1)]);
    await rig.reconnect();
    expect(rig.store.asked).toEqual([rig.id(-1), rig.id(0)]);
  });
});

describe('a store that was put back to an earlier state', () => {
  test('gets again what it lost behind the newest segment that it names, and nothing that it still holds', async () => {
    const rig = new LogRig(20, true);
    await rig.reconnect();
    for (const known of rig.segments.slice(12)) rig.store.held.delete(known.segment);
    rig.store.newest = rig.id(11);
    await rig.reconnect();
    expect([...new Set(rig.store.sent)].sort()).toEqual(
      rig.segments
        .slice(12)
        .map(({ segment }) => segment)
        .sort(),
    );
    expect(rig.segments.every(({ segment }) => rig.store.held.get(segment) === ENTRIES)).toBe(true);
    expect(rig.segments.slice(0, -1).every(({ held }) => held)).toBe(true);
    expect(rig.foreign).toEqual([]);
    expect(rig.doubts).toEqual([false, true, false]);
    expect(rig.less).toEqual({ segment: rig.id(-1), acknowledged: ENTRIES, shown: 0 });
  });

  test('and one that is empty, gets everything again', async () => {
    const rig = new LogRig(20, true);
    await rig.reconnect();
    rig.store.held.clear();
    rig.store.newest = undefined;
    await rig.reconnect();
    expect(rig.segments.every(({ segment }) => rig.store.held.get(segment) === ENTRIES)).toBe(true);
  });

  test('is doubted from its first word on, unasked, and counts as restored once it said so for two seconds; it gets everything again', async () => {
    const rig = new LogRig(3, true);
    await rig.reconnect();
    expect([rig.doubts, rig.less]).toEqual([[false], undefined]);
    rig.store.held.delete(rig.id(2));
    rig.store.held.set(rig.id(1), 1);
    rig.push.take(await rig.store.answer(rig.id(1)));
    await rig.talk();
    expect([rig.store.held.get(rig.id(1)), rig.store.held.get(rig.id(2))]).toEqual([ENTRIES, ENTRIES]);
    expect(rig.doubts).toEqual([false, true, false]);
    expect(rig.less).toMatchObject({ acknowledged: ENTRIES });
  });

  test('is not one whose older word is looked up for longer than its newer one', async () => {
    const rig = new LogRig(1);
    rig.push.connectionChanged(true);
    await rig.talk();
    const [known] = rig.segments;
    const older = await rig.store.answer(rig.id(0));
    if (known !== undefined) known.lastSequence++;
    rig.store.held.set(rig.id(0), ENTRIES + 1);
    const { disk, shown } = slowDisk();
    rig.lookedUp = ({ sequence }) => (sequence === ENTRIES ? disk : Promise.resolve());
    rig.push.take(older);
    rig.push.take(await rig.store.answer(rig.id(0)));
    await settle();
    shown();
    await rig.talk();
    expect([rig.doubts, rig.less]).toEqual([[false], undefined]);
  });

  test('is understood although its message is gone by the time that the one before was looked up', async () => {
    const rig = new LogRig(1);
    rig.push.connectionChanged(true);
    await rig.talk();
    const { disk, shown } = slowDisk();
    let lookedUp = 0;
    rig.lookedUp = () => (lookedUp++ === 0 ? disk : Promise.resolve());
    rig.push.take(await rig.store.answer(rig.id(0)));
    const lent = await rig.store.answer(rig.id(0));
    rig.push.take(lent);
    lent.fill(0); // a payload is good only until its handler returns
    shown();
    await rig.talk();
    expect(lookedUp).toBe(2);
    expect(rig.log.messages()).not.toContain('custody head from the store rejected');
  });

  test('that says more than can be looked up is heard again once that is over', async () => {
    const rig = new LogRig(1);
    rig.push.connectionChanged(true);
    await rig.talk();
    const { disk, shown } = slowDisk();
    let lookedUp = 0;
    rig.lookedUp = () => {
      lookedUp++;
      return disk;
    };
    const head = await rig.store.answer(rig.id(0));
    for (let count = 0; count < 1000; count++) rig.push.take(head);
    shown();
    await rig.talk();
    expect(lookedUp).toBe(64);
    rig.push.take(head);
    await rig.talk();
    expect(lookedUp).toBe(65);
  });

  test('and one that says unasked that it holds nothing, gets everything again', async () => {
    const rig = new LogRig(3, true);
    await rig.reconnect();
    rig.store.held.clear();
    rig.store.newest = undefined;
    rig.push.take(await rig.store.answer(rig.id(0), { segment: null }));
    await rig.talk();
    expect(rig.segments.every(({ segment }) => rig.store.held.get(segment) === ENTRIES)).toBe(true);
    expect(rig.doubts).toEqual([false, true, false]);
  });

  test('and that holds half of a segment, gets its second half', async () => {
    const rig = new LogRig(3, true);
    rig.store.held.set(rig.id(0), 1);
    await rig.reconnect();
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES);
    expect(rig.foreign).toEqual([]);
  });
});

describe('a station that was put back to an earlier state', () => {
  test('hears of the segment that it does not have before it sends its own', async () => {
    const rig = new LogRig(3, true);
    const lost = makeSegmentId(seededRandom(99));
    rig.store.held.set(lost, 7);
    rig.store.newest = lost;
    await rig.reconnect();
    expect(rig.foreign).toEqual([{ segment: lost, sequence: 7, sha256: entryDigest(lost, 7) }]);
    expect(rig.store.held.get(rig.id(-1))).toBe(ENTRIES);
  });

  test('sends nothing behind a segment of which the store holds more, and goes on with the others', async () => {
    const rig = new LogRig(4, true);
    const cut = rig.segments[1];
    if (cut === undefined) throw new Error('no segment');
    cut.held = false;
    rig.store.held.set(cut.segment, ENTRIES + 5);
    await rig.reconnect();
    expect(rig.foreign).toEqual([
      { segment: cut.segment, sequence: ENTRIES + 5, sha256: entryDigest(cut.segment, ENTRIES + 5) },
    ]);
    expect(rig.store.sent).toEqual([rig.id(-1)]);
    expect(cut.held).toBe(false);
  });
});

describe('a segment of which the store takes nothing', () => {
  /** The store answers questions about the first segment and no batch of it. */
  async function refusing(count = 3): Promise<LogRig> {
    const rig = new LogRig(count);
    rig.store.held.set(rig.id(0), 1);
    rig.store.take = async (topic, payload, last) => {
      const refuses = payload.length > 0 && topic.includes(rig.id(0));
      if (refuses) rig.store.sent.push(rig.id(0));
      return refuses ? [] : CustodyStore.prototype.take.call(rig.store, topic, payload, last);
    };
    rig.push.connectionChanged(true);
    await rig.talk();
    return rig;
  }

  async function seconds(rig: LogRig, count: number): Promise<void> {
    for (let second = 0; second < count; second++) await rig.clock.advance(1000);
    await rig.talk();
  }

  test.each([
    ['and one that the disk does not show', (): Promise<undefined> => Promise.reject(new Error('EIO: read'))],
    ['and one of which it shows less than there was', (): undefined => undefined],
  ])('%s: the log says which of the two it is', async (_, shown) => {
    const rig = new LogRig(3);
    rig.unreadable = rig.id(0);
    rig.shown = shown;
    rig.push.connectionChanged(true);
    await rig.talk();
    await seconds(rig, 5);
    const told = rig.log.lines.filter(({ level }) => level === 'error' || level === 'warn');
    expect(told.map(({ message }) => message)).toEqual(['custody segment not readable, not sent']);
    expect(rig.segments.map(({ segment }) => rig.store.held.get(segment))).toEqual([
      undefined,
      ENTRIES,
      ENTRIES,
    ]);
    expect(rig.conditions.facts('custody.not-taken')).toEqual({ segment: rig.id(0), reason: 'unreadable' });
    rig.unreadable = undefined;
    await seconds(rig, 60);
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES);
    expect(rig.conditions.codes()).toEqual([]);
  });

  test('is told while it is the one that is written now, and not once the store takes the next one', async () => {
    const rig = await refusing(1);
    const newer = { segment: makeSegmentId(seededRandom(13)), lastSequence: ENTRIES, held: false };
    expect(rig.conditions.codes()).toEqual([]);
    await seconds(rig, 5);
    expect(rig.conditions.facts('custody.not-taken')).toEqual({ segment: rig.id(0), reason: 'refused' });
    await rig.reconnect();
    expect(rig.conditions.codes(), 'that it says again what it holds is no news').toEqual([
      'custody.not-taken',
    ]);
    rig.segments.push(newer);
    await rig.reconnect();
    await seconds(rig, 5);
    expect(rig.store.held.get(newer.segment)).toBe(ENTRIES);
    expect(rig.conditions.codes()).toEqual([]);
    await seconds(rig, 200);
    expect(rig.conditions.codes(), 'a revoked key leaves such an end').toEqual([]);
  });

  test('is told until the store takes it', async () => {
    const rig = await refusing(1);
    await seconds(rig, 5);
    expect(rig.conditions.codes()).toEqual(['custody.not-taken']);
    rig.store.take = (...args) => CustodyStore.prototype.take.apply(rig.store, args);
    await seconds(rig, 65);
    expect(rig.conditions.codes()).toEqual([]);
  });

  test('does not keep the later ones from it, and is said to the log', async () => {
    const rig = await refusing();
    await seconds(rig, 5);
    expect(rig.segments.map(({ segment }) => rig.store.held.get(segment))).toEqual([1, ENTRIES, ENTRIES]);
    expect(rig.log.lines.filter(({ message }) => message.includes('does not acknowledge'))).toHaveLength(1);
  });

  test('is tried again with growing pauses, and goes on once it is taken', async () => {
    const rig = await refusing();
    await seconds(rig, 5);
    expect(rig.store.sent.filter((segment) => segment === rig.id(0))).toHaveLength(2);
    await seconds(rig, 65);
    expect(rig.store.sent.filter((segment) => segment === rig.id(0))).toHaveLength(3);
    await seconds(rig, 65);
    expect(rig.store.sent.filter((segment) => segment === rig.id(0))).toHaveLength(3);
    rig.store.take = (...args) => CustodyStore.prototype.take.apply(rig.store, args);
    await seconds(rig, 65);
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES);
  });

  test('has its pauses begin anew once the store has taken it', async () => {
    const rig = await refusing(1);
    const refuse = rig.store.take.bind(rig.store);
    const tried = (): number => rig.store.sent.length;
    await seconds(rig, 70);
    expect(tried()).toBe(3);
    rig.store.take = (...args) => CustodyStore.prototype.take.apply(rig.store, args);
    await seconds(rig, 125); // the second pause
    expect({ held: rig.store.held.get(rig.id(0)), tried: tried() }).toEqual({ held: ENTRIES, tried: 4 });
    rig.store.take = refuse;
    (rig.segments[0] as { lastSequence: number }).lastSequence++;
    rig.push.advance();
    await seconds(rig, 6);
    expect(tried()).toBe(6); // it waits again
    await seconds(rig, 65);
    expect(tried()).toBe(7);
  });

  test('is tried at once where somebody waits for the log to be there, if it is the newest one', async () => {
    for (const count of [1, 3]) {
      const rig = await refusing(count);
      await seconds(rig, 5);
      const before = rig.store.sent.length;
      rig.store.take = (...args) => CustodyStore.prototype.take.apply(rig.store, args);
      await rig.push.level(1000);
      expect(rig.store.sent.length - before).toBe(count === 1 ? 1 : 0);
      expect(rig.store.held.get(rig.id(0))).toBe(count === 1 ? ENTRIES : 1);
    }
  });

  test('is tried at once at the next connect', async () => {
    const rig = await refusing();
    await seconds(rig, 5);
    rig.store.take = (...args) => CustodyStore.prototype.take.apply(rig.store, args);
    await rig.reconnect();
    expect(rig.store.held.get(rig.id(0))).toBe(ENTRIES);
  });

  test('and be it answered with what was held before, is not sent again and again', async () => {
    const rig = new LogRig(2, true);
    rig.segments.unshift({ segment: makeSegmentId(seededRandom(12)), lastSequence: ENTRIES, held: false });
    rig.store.held.set(rig.id(0), 1);
    rig.store.take = async (topic, payload, last) => {
      const refuses = topic.includes(rig.id(0)) && payload.length > 0 && rig.store.sent.length < 50;
      if (refuses) rig.store.sent.push(rig.id(0));
      return refuses
        ? [await rig.store.answer(rig.id(0))]
        : CustodyStore.prototype.take.call(rig.store, topic, payload, last);
    };
    rig.push.connectionChanged(true);
    await rig.talk();
    await seconds(rig, 59);
    expect(rig.store.sent.filter((segment) => segment === rig.id(0))).toHaveLength(2);
    expect(rig.store.held.get(rig.id(2))).toBe(ENTRIES);
  });
});

describe('what may be dropped', () => {
  /** Drops the oldest segment as soon as it is confirmed; tells what was said. */
  function droppingFrom(rig: LogRig): string[] {
    const said: string[] = [];
    let refused = false;
    rig.dropping = {
      ...NOTHING_TO_DROP,
      candidate: () => (rig.segments.length > 2 && !refused ? rig.id(0) : undefined),
      confirmed: (segment, onDone) => {
        said.push(`dropped ${segment}`);
        rig.segments.shift();
        onDone();
      },
      refused: (segment) => {
        said.push(`refused ${segment}`);
        refused = true;
      },
    };
    return said;
  }

  test('is asked about once more, one segment after the other, when nothing else is to be said', async () => {
    const rig = new LogRig(5, true);
    const [first, second, third] = [rig.id(0), rig.id(1), rig.id(2)];
    const said = droppingFrom(rig);
    await rig.reconnect();
    expect(said).toEqual([`dropped ${first}`, `dropped ${second}`, `dropped ${third}`]);
    expect(rig.store.sent).toEqual([rig.id(-1)]);
    expect(rig.segments).toHaveLength(2);
  });

  test('stays where the store does not say that it holds the whole of it', async () => {
    const rig = new LogRig(5, true);
    const said = droppingFrom(rig);
    rig.store.held.set(rig.id(0), ENTRIES - 1);
    rig.store.take = async (topic, payload, last) => {
      if (payload.length > 0) return []; // it takes nothing now
      return CustodyStore.prototype.take.call(rig.store, topic, payload, last);
    };
    await rig.reconnect();
    expect(said).toEqual([`refused ${rig.id(0)}`]);
    expect(rig.segments).toHaveLength(5);
  });

  test('stays where a broker hands out what the store said before it lost the segment', async () => {
    const rig = new LogRig(5, true);
    const first = rig.id(0);
    const said = droppingFrom(rig);
    const old = await rig.store.answer(first);
    const oldAsked = await rig.store.answer(first, { nonce: '0123456789abcdef' });
    rig.store.held.delete(first); // the store lost it since, and its words do not arrive
    rig.store.take = async (topic) => {
      if (!topic.includes(first)) return [];
      rig.store.asked.push(first);
      return [old, oldAsked, old];
    };
    await rig.reconnect();
    for (let minute = 0; minute < 180; minute++) {
      await rig.clock.advance(60_000);
      rig.push.take(old);
      rig.push.advance();
      await settle(5);
    }
    expect(said).toEqual([]);
    expect(rig.segments).toHaveLength(5);
    expect(rig.store.asked.length).toBeLessThan(400); // the pauses grow: old words make it ask no more often
  });

  test('stays where a store of before answers without the nonce', async () => {
    const rig = new LogRig(5, true);
    rig.store.repeatsNonce = false;
    const said = droppingFrom(rig);
    await rig.reconnect();
    expect(said).toEqual([]);
    expect(rig.segments).toHaveLength(5);
    expect(rig.conditions.codes()).toEqual([]);
  });

  test('goes for one answer once: the same again drops nothing more', async () => {
    const rig = new LogRig(5, true);
    const first = rig.id(0);
    const answers: Uint8Array[] = [];
    const confirmed: SegmentId[] = [];
    rig.store.take = async (topic, payload, last) => {
      const said = await CustodyStore.prototype.take.call(rig.store, topic, payload, last);
      if (topic.includes('/ask-')) answers.push(...said);
      return said;
    };
    let isDue = true;
    rig.dropping = {
      ...NOTHING_TO_DROP,
      candidate: () => (isDue ? first : undefined),
      confirmed: (segment) => {
        confirmed.push(segment);
        isDue = false;
      },
    };
    await rig.reconnect();
    expect([confirmed, answers.length]).toEqual([[first], 1]);
    rig.answers = false;
    isDue = true;
    for (const answer of answers) rig.push.take(answer);
    await settle(20);
    expect(confirmed).toEqual([first]);
  });

  test('is looked for once an hour while a connection stands', async () => {
    const rig = new LogRig(3, true);
    await rig.reconnect();
    const ending = new AbortController();
    const running = rig.push.run(ending.signal);
    const said = droppingFrom(rig);
    await rig.clock.advance(3_600_000);
    await rig.talk();
    expect(said).toHaveLength(1);
    ending.abort(new Error('ended'));
    await running;
  });
});

test('an answer that is not signed, of another store or for another station changes nothing', async () => {
  const rig = new LogRig(2, true);
  await rig.reconnect();
  const stranger = new CustodyStore(parseStationId('kod-2'));
  rig.push.take(await stranger.answer(rig.id(0)));
  const unsigned = Buffer.from(await rig.store.answer(rig.id(0), { sequence: null, sha256: null }));
  rig.push.take(Buffer.from(unsigned.toString().replace('sequence\\":null', 'sequence\\":9')));
  expect(rig.conditions.codes()).toEqual([]);
  const strange = unsigned.toString().replace(/"key_id":"\w+"/, '"key_id":"0123456789abcdef"');
  rig.push.take(Buffer.from(strange));
  await rig.talk();
  expect(rig.log.messages('warn')).toEqual([
    'custody head from the store rejected',
    'custody head from the store rejected',
    'custody head from the store rejected',
  ]);
  expect(rig.conditions.codes()).toEqual(['store.unknown-key']);
  expect(rig.segments[0]?.held).toBe(true);
});
