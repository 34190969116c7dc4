// Which requests are under way, which answer belongs to which, and when one is given up. Time is a number.
import { describe, expect, test } from 'vitest';
import { PLACES_MAX, SmpExchange, type SmpRequest } from '../../../../../drivers/serial/smp/exchange.ts';
import { encodePacket, parseHeader, type SmpHeader } from '../../../../../drivers/serial/smp/packet.ts';

const ECHO: SmpRequest = { op: 'write', group: 0, command: 0, map: { d: 'x' }, timeoutMs: 1000, tries: 3 };

/** Headers of what is sent now. */
function sent(exchange: SmpExchange, nowMs: number): SmpHeader[] {
  return exchange.steps(nowMs).flatMap((step) => {
    const header = step.kind === 'send' ? parseHeader(step.packet) : undefined;
    return header === undefined ? [] : [header];
  });
}

function answerTo(header: SmpHeader, change: Partial<SmpHeader> = {}): Uint8Array {
  return encodePacket(
    { ...header, op: header.op === 'read' ? 'read-answer' : 'write-answer', ...change },
    {},
  );
}

function take(exchange: SmpExchange, packet: Uint8Array, nowMs: number): number | undefined {
  const match = exchange.match(packet);
  if (match !== undefined) exchange.answered(match.id, nowMs);
  return match?.id;
}

test('as many requests are under way as the device takes, and never more than the bound', () => {
  for (const [count, places] of [
    [1, 1],
    [4, 4],
    [0, 1],
    [1000, PLACES_MAX],
  ] as const) {
    const exchange = new SmpExchange();
    exchange.places = count;
    for (let each = 0; each < 40; each++) exchange.ask(ECHO);
    const first = sent(exchange, 0);
    expect(first).toHaveLength(places);
    expect(sent(exchange, 1)).toHaveLength(0);
    for (const header of first.slice(0, 1)) take(exchange, answerTo(header), 2);
    expect(sent(exchange, 2)).toHaveLength(1);
  }
});

test('an answer with another number, group, command or kind is a stray and changes nothing', () => {
  const exchange = new SmpExchange();
  const { id } = exchange.ask(ECHO);
  const [header] = sent(exchange, 0);
  if (header === undefined) throw new Error('nothing was sent');
  const others = [
    { sequence: header.sequence + 1 },
    { group: 8 },
    { command: 1 },
    { op: 'read-answer' },
  ] as const;
  for (const change of others) expect(take(exchange, answerTo(header, change), 1)).toBeUndefined();
  expect(take(exchange, encodePacket(header, {}), 1)).toBeUndefined(); // its own request, as an echoing shell gives it back
  expect(exchange.strays).toBe(others.length + 1);
  expect(take(exchange, answerTo(header), 2)).toBe(id);
});

test('the second of two answers, and one after the deadline, find nobody', () => {
  const exchange = new SmpExchange();
  const { id } = exchange.ask(ECHO);
  const [first] = sent(exchange, 0);
  const [again] = sent(exchange, 1000);
  if (first === undefined || again === undefined) throw new Error('nothing was sent');
  expect(again.sequence).not.toBe(first.sequence);
  expect(take(exchange, answerTo(first), 1001)).toBeUndefined();
  expect(take(exchange, answerTo(again), 1002)).toBe(id);
  expect(take(exchange, answerTo(again), 1003)).toBeUndefined();
  expect(exchange.strays).toBe(2);
});

test('the number of an answer that never came is left out for a minute, however many requests go by', () => {
  const exchange = new SmpExchange();
  const { id } = exchange.ask({ ...ECHO, tries: 1 });
  const [lost] = sent(exchange, 0);
  exchange.forget(id, 10);
  const used = new Set<number>();
  for (let each = 0; each < 600; each++) {
    exchange.ask(ECHO);
    const [header] = sent(exchange, 20);
    if (header === undefined) throw new Error('nothing was sent');
    used.add(header.sequence);
    take(exchange, answerTo(header), 20);
  }
  expect(used.size).toBe(255);
  expect(used.has(lost?.sequence ?? -1)).toBe(false);
  for (let each = 0; each < 256; each++) {
    exchange.ask(ECHO);
    const [header] = sent(exchange, 60_011);
    if (header === undefined) throw new Error('nothing was sent');
    used.add(header.sequence);
    take(exchange, answerTo(header), 60_011);
  }
  expect(used.size).toBe(256);
});

test('a device that never answers does not use up the numbers', () => {
  const exchange = new SmpExchange();
  exchange.places = PLACES_MAX;
  for (let nowMs = 0; nowMs < 1_000_000; nowMs += 1000) {
    for (let each = 0; each < PLACES_MAX; each++) exchange.ask({ ...ECHO, tries: 1 });
    expect(sent(exchange, nowMs)).toHaveLength(PLACES_MAX);
  }
});

describe('time', () => {
  test('a request is sent again at its deadline as often as it may be, then it is over', () => {
    const exchange = new SmpExchange();
    const { id } = exchange.ask(ECHO);
    expect(exchange.dueAtMs).toBeUndefined();
    for (const nowMs of [0, 1000, 2000]) {
      expect(sent(exchange, nowMs)).toHaveLength(1);
      expect(exchange.dueAtMs).toBe(nowMs + 1000);
      expect(sent(exchange, nowMs + 999)).toHaveLength(0);
    }
    expect(exchange.steps(3000)).toEqual([{ kind: 'expired', id }]);
    expect(exchange.dueAtMs).toBeUndefined();
  });

  test('what changes something is never sent twice', () => {
    const exchange = new SmpExchange();
    const { id } = exchange.ask({ ...ECHO, tries: 1 });
    expect(sent(exchange, 0)).toHaveLength(1);
    expect(exchange.steps(1000)).toEqual([{ kind: 'expired', id }]);
  });

  test('while others are answered a request waits on, but not for ever', () => {
    const exchange = new SmpExchange();
    exchange.places = 2;
    const { id } = exchange.ask({ ...ECHO, tries: 1 });
    sent(exchange, 0);
    let nowMs = 0;
    let steps: readonly { readonly kind: string }[] = [];
    while (!steps.some(({ kind }) => kind === 'expired') && nowMs < 100_000) {
      exchange.ask(ECHO);
      steps = exchange.steps(nowMs);
      for (const step of steps) {
        const header =
          step.kind === 'send'
            ? parseHeader((step as { packet?: Uint8Array }).packet ?? new Uint8Array(8))
            : undefined;
        if (header !== undefined) take(exchange, answerTo(header), nowMs);
      }
      nowMs += 500;
    }
    expect(steps).toContainEqual({ kind: 'expired', id });
    expect(nowMs).toBeGreaterThan(2000);
    expect(nowMs).toBeLessThanOrEqual(1000 * PLACES_MAX + 500);
  });
});

test('a request that was forgotten is neither sent nor answered', () => {
  const exchange = new SmpExchange();
  const first = exchange.ask(ECHO);
  const second = exchange.ask(ECHO);
  const [header] = sent(exchange, 0);
  if (header === undefined) throw new Error('nothing was sent');
  exchange.forget(second.id, 0);
  exchange.forget(first.id, 0);
  expect(take(exchange, answerTo(header), 1)).toBeUndefined();
  expect(sent(exchange, 10_000)).toHaveLength(0);
});
