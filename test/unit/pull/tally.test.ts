import { expect, test } from 'vitest';
import { BROKEN_OFF_MAX, Tally, TALLIED_MAX, type BrokenOff } from '../../../agent/pull/tally.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseBayId, parseCameraId } from '../../../protocol/format/ids.ts';

const AT = '2026-11-26T08:00:00.000Z';

function file(name: string, bay = 1, sizeBytes = 1000): BrokenOff {
  return {
    bay: parseBayId(`bay-${bay}`),
    camera: parseCameraId(`cam-${bay}`),
    pathSha256: sha256Hex(Buffer.from(name)),
    sizeBytes,
  };
}

test('a file at which the agent ends again and again is tried three times, the third time alone, and then not any more', () => {
  const tally = new Tally();
  const bad = file('bad');
  tally.ended([bad], AT);
  expect([tally.isAlone(bad), tally.isSetAside(bad)]).toEqual([false, false]);
  tally.ended([bad], AT);
  expect([tally.isAlone(bad), tally.isSetAside(bad)]).toEqual([true, false]);
  expect(tally.ended([bad], AT)).toEqual([{ ...bad, at: AT, brokenOff: BROKEN_OFF_MAX }]);
  expect([tally.isAlone(bad), tally.isSetAside(bad)]).toEqual([true, true]);
});

test('what is taken beside others is suspected at most, however often the agent ends', () => {
  const tally = new Tally();
  const eight = Array.from({ length: 8 }, (_, at) => file('a', at + 1));
  for (let end = 0; end < 10; end++) tally.ended(eight, AT);
  expect(eight.map((each) => [tally.isAlone(each), tally.isSetAside(each)])).toEqual(
    eight.map(() => [true, false]),
  );
  tally.ended([eight[3] ?? file('a')], AT);
  expect(eight.filter((each) => tally.isSetAside(each))).toEqual([eight[3]]);
  for (let end = 0; end < 10; end++) tally.ended(eight, AT);
  expect(eight.filter((each) => tally.isSetAside(each))).toEqual([eight[3]]);
});

test('two notes of one file are one try', () => {
  const tally = new Tally();
  for (let end = 0; end < 3; end++) tally.ended([file('bad'), file('bad')], AT);
  expect(tally.files.map(({ brokenOff }) => brokenOff)).toEqual([3]);
});

test('another size, another name and another camera are other files', () => {
  const tally = new Tally();
  for (let end = 0; end < 3; end++) tally.ended([file('bad')], AT);
  const others = [file('bad', 1, 1001), file('good'), file('bad', 2)];
  expect(others.filter((each) => tally.isAlone(each))).toEqual([]);
});

test('what was taken is forgotten, and what a person wants back has one more try', () => {
  const tally = new Tally();
  for (let end = 0; end < 3; end++) tally.ended([file('bad')], AT);
  tally.ended([file('noted')], AT);
  expect(tally.tryAgain()).toBe(1);
  expect(tally.isSetAside(file('bad'))).toBe(false);
  expect(tally.isAlone(file('bad'))).toBe(true);
  expect(tally.isAlone(file('noted'))).toBe(false);
  tally.ended([file('bad')], AT);
  expect(tally.isSetAside(file('bad'))).toBe(true);
  expect(tally.taken(file('bad'))).toBe(true);
  expect(tally.taken(file('bad'))).toBe(false);
  expect(tally.isAlone(file('bad'))).toBe(false);
});

test('a station that ends for ever remembers so many files and no more, those that are set aside among them', () => {
  const tally = new Tally();
  for (let end = 0; end < 3; end++) tally.ended([file('bad')], AT);
  for (let at = 0; at < TALLIED_MAX + 50; at++) tally.ended([file(`a${at}`)], AT);
  expect(tally.files).toHaveLength(TALLIED_MAX);
  expect(tally.isSetAside(file('bad'))).toBe(true);
  expect(tally.files.at(-1)?.pathSha256).toBe(file(`a${TALLIED_MAX + 49}`).pathSha256);
});
