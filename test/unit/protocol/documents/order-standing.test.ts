// Which hold or deletion counts at which instant.
import { expect, test } from 'vitest';
import { parseRecordingId, parseStationId } from '../../../../protocol/format/ids.ts';
import { makeSessionId } from '../../../../protocol/format/ids.ts';
import type { Order } from '../../../../protocol/documents/order.ts';
import { orderStanding, type SignedOrder } from '../../../../protocol/documents/order-standing.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';

const random = seededRandom(7);
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 1);
const atDay = (day: number): number => START + day * DAY_MS;

function signed(
  verb: Order['verb'],
  day: number,
  by: 'one' | 'both' | 'nobody' | 'one-key-twice',
  holdDays = 7,
): SignedOrder {
  const order: Order = {
    type: 'order',
    version: 1,
    order: makeSessionId(random),
    verb,
    station: parseStationId('dock-1'),
    recording: parseRecordingId('a'.repeat(26)),
    manifest_sha256: '0'.repeat(64),
    reason: 'case-1',
    ordered_at: new Date(atDay(day)).toISOString(),
  };
  const officer = by === 'nobody' ? null : '1'.repeat(16);
  const supervisor = by === 'both' ? '2'.repeat(16) : by === 'one-key-twice' ? officer : null;
  return { order, officer, supervisor, holdDays };
}

test('a hold of one role lapses after the days that counted when the first of them was ordered', () => {
  const holds = [signed('hold', 3, 'one', 30), signed('hold', 1, 'one', 10)];
  expect(orderStanding(holds, atDay(11) - 1).hold?.until).toBe(new Date(atDay(11)).toISOString());
  expect(orderStanding(holds, atDay(11)).hold).toBeUndefined();
});

test('a hold of one role counts at once and lapses after seven days', () => {
  const hold = signed('hold', 1, 'one');
  expect(orderStanding([hold], atDay(1)).hold?.until).toBe(new Date(atDay(8)).toISOString());
  expect(orderStanding([hold], atDay(8) - 1).hold).toBeDefined();
  expect(orderStanding([hold], atDay(8)).hold).toBeUndefined();
});

test('a hold of both roles counts until both lift it', () => {
  const hold = signed('hold', 1, 'both');
  expect(orderStanding([hold], atDay(900)).hold?.until).toBeNull();
  expect(orderStanding([hold, signed('unhold', 20, 'one')], atDay(30)).hold).toBeDefined();
  expect(orderStanding([hold, signed('unhold', 20, 'both')], atDay(19)).hold).toBeDefined();
  expect(orderStanding([hold, signed('unhold', 20, 'both')], atDay(20)).hold).toBeUndefined();
});

test('a hold after the lifting counts again', () => {
  const orders = [signed('unhold', 5, 'both'), signed('hold', 1, 'both'), signed('hold', 6, 'one')];
  expect(orderStanding(orders, atDay(7)).hold?.order.ordered_at).toBe(new Date(atDay(6)).toISOString());
});

test('one key in both roles is one role, and no signature is none', () => {
  expect(orderStanding([signed('hold', 1, 'one-key-twice')], atDay(2)).hold?.until).not.toBeNull();
  expect(orderStanding([signed('hold', 1, 'nobody')], atDay(2)).hold).toBeUndefined();
  expect(orderStanding([signed('delete', 1, 'one-key-twice')], atDay(2)).deletion).toBeUndefined();
});

test('a deletion wants both roles, its time, and no hold that counts', () => {
  const deletion = signed('delete', 3, 'both');
  expect(orderStanding([signed('delete', 3, 'one')], atDay(4)).deletion).toBeUndefined();
  expect(orderStanding([deletion], atDay(2)).deletion).toBeUndefined();
  expect(orderStanding([deletion], atDay(3)).deletion).toBe(deletion.order);
  expect(orderStanding([deletion, signed('hold', 1, 'one')], atDay(3)).deletion).toBeUndefined();
  expect(orderStanding([deletion, signed('hold', 1, 'one')], atDay(8)).deletion).toBe(deletion.order);
});

test('the hold that lasts longest is the one that is told', () => {
  const both = signed('hold', 1, 'both');
  expect(
    orderStanding([signed('hold', 4, 'one'), both, signed('hold', 5, 'one')], atDay(5)).hold?.order,
  ).toBe(both.order);
});

test('holds by one role share seven days, also after both roles lifted one of them', () => {
  const orders = [signed('hold', 1, 'one'), signed('hold', 6, 'one'), signed('hold', 8, 'one')];
  expect(orderStanding(orders, atDay(8) - 1).hold?.until).toBe(new Date(atDay(8)).toISOString());
  expect(orderStanding(orders, atDay(8)).hold).toBeUndefined();
  const lifted = [signed('hold', 1, 'one'), signed('unhold', 2, 'both'), signed('hold', 9, 'one')];
  expect(orderStanding(lifted, atDay(9)).hold).toBeUndefined();
  const first = [signed('hold', 1, 'both'), signed('unhold', 2, 'both'), signed('hold', 9, 'one')];
  expect(orderStanding(first, atDay(10)).hold?.until).toBe(new Date(atDay(16)).toISOString());
});
