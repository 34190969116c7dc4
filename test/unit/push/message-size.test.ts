import { beforeEach, expect, test } from 'vitest';
import { MessageSize } from '../../../agent/push/message-size.ts';
import { MESSAGE_BYTES_MIN, UNIT_BYTES } from '../../../protocol/format/limits.ts';

const MIB = 1024 * 1024;
const ANNOUNCED = 256 * MIB;
let size: MessageSize;
beforeEach(() => {
  size = new MessageSize();
});

const now = (): number => size.limit(ANNOUNCED);

/** Lets so much arrive, a unit at a time; returns at which byte the ceiling rose, 0 where it did not. */
function arrive(sizeBytes: number): number {
  for (let done = UNIT_BYTES; done <= sizeBytes; done += UNIT_BYTES)
    if (size.arrived(UNIT_BYTES)) return done;
  return 0;
}

test('what the broker announces and a slow line lower it, without a memory of it', () => {
  expect(size.limit(100_000)).toBe(100_000);
  expect(size.limit(ANNOUNCED, true)).toBe(16 * 1024);
  expect(now()).toBe(UNIT_BYTES);
});

test('two connections in a row lost while nothing arrived halve it; one, or one after bytes arrived, does not', () => {
  expect(size.lostWhileSending(false)).toBe(false);
  size.arrived(1);
  expect(size.lostWhileSending(false)).toBe(false);
  expect(size.lostWhileSending(true)).toBe(false);
  expect(size.lostWhileSending(false)).toBe(true);
  expect(now()).toBe(UNIT_BYTES / 2);
});

test('it falls to the least and says that it cannot fall further', () => {
  while (size.shrink());
  expect(now()).toBe(MESSAGE_BYTES_MIN);
});

test('what arrives lets it rise to a unit again, and no further', () => {
  for (let count = 0; count < 3; count++) size.shrink();
  const rises = [UNIT_BYTES / 4, UNIT_BYTES / 2, UNIT_BYTES];
  for (const wanted of rises) {
    expect(arrive(64 * MIB)).toBe(64 * MIB);
    expect(now()).toBe(wanted);
  }
  expect(arrive(1024 * MIB)).toBe(0);
  expect(now()).toBe(UNIT_BYTES);
});

test.each([
  ['the first connection that is lost', () => size.lostWhileSending(true)],
  ['a stall', () => size.shrink()],
])('while it is tried %s ends the trial, and the next one comes after four times as much', (_what, fail) => {
  size.shrink();
  for (const wantedBytes of [64 * MIB, 256 * MIB, 1024 * MIB]) {
    expect(arrive(wantedBytes)).toBe(wantedBytes);
    arrive(31 * MIB); // what was on the way before it rose, and more
    expect(fail()).toBe(true);
    expect(now()).toBe(UNIT_BYTES / 2);
  }
  expect(arrive(4096 * MIB)).toBe(4096 * MIB);
});

test('a trial that passed is forgotten: a connection that is lost is ordinary again, and the next trial is as near as the first', () => {
  size.shrink();
  arrive(64 * MIB);
  expect(size.lostWhileSending(true)).toBe(true);
  arrive(256 * MIB);
  arrive(32 * MIB);
  expect(size.lostWhileSending(true)).toBe(false);
  expect(now()).toBe(UNIT_BYTES);
  size.shrink();
  expect(arrive(64 * MIB)).toBe(64 * MIB);
});
