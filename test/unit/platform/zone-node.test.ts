import { afterEach, expect, test } from 'vitest';
import { localMs } from '../../../agent/platform/clock-node.ts';
import { instantText } from '../../../protocol/format/instants.ts';

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

/** What a clock on the wall shows there at these instants, both in RFC 3339. */
function shown(tz: string, ...instants: readonly string[]): string[] {
  process.env['TZ'] = tz;
  return instants.map((instant) => instantText(localMs(Date.parse(instant))).slice(0, 19));
}

test('local time leaves out the hour that summer time takes, and repeats the one that it gives back', () => {
  expect(
    shown(
      'Europe/Berlin',
      '2026-03-29T00:59:59Z',
      '2026-03-29T01:00:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:30:00Z',
    ),
  ).toEqual(['2026-03-29T01:59:59', '2026-03-29T03:00:00', '2026-10-25T02:30:00', '2026-10-25T02:30:00']);
});

test('local time knows zones a day apart, those of half an hour, and a day that was left out', () => {
  expect(shown('Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-30T10:00:00Z')).toEqual([
    '2011-12-29T23:59:59',
    '2011-12-31T00:00:00',
  ]);
  expect(shown('Asia/Kathmandu', '2026-11-25T00:00:00Z')).toEqual(['2026-11-25T05:45:00']);
  expect(shown('UTC', '2026-11-25T00:00:00Z')).toEqual(['2026-11-25T00:00:00']);
});
