// Days and weeks of a report.
import { expect, test } from 'vitest';
import { Calendar, daysOf, parsePeriod, weekOf } from '../../../../agent/evidence/report/calendar.ts';

test('an instant late in the evening is of the next day where the zone is ahead', () => {
  expect(new Calendar('Europe/Berlin').dayOf('2026-11-25T23:30:00.000Z')).toBe('2026-11-26');
  expect(new Calendar('UTC').dayOf('2026-11-25T23:30:00.000Z')).toBe('2026-11-25');
});

test('both ends of a period are inside, in the zone of the calendar', () => {
  const berlin = new Calendar('Europe/Berlin');
  const period = parsePeriod('2026-10-25', '2026-10-25'); // 25 hours long there
  expect(berlin.isWithin('2026-10-24T22:00:00.000Z', period)).toBe(true);
  expect(berlin.isWithin('2026-10-24T21:59:59.999Z', period)).toBe(false);
  expect(berlin.isWithin('2026-10-25T22:59:59.999Z', period)).toBe(true);
  expect(berlin.isWithin('2026-10-25T23:00:00.000Z', period)).toBe(false);
});

test.each([
  ['UTC', '2026-11-25', '2026-11-25T23:59:59.999Z'],
  ['Europe/Berlin', '2026-11-25', '2026-11-25T22:59:59.999Z'],
  ['Europe/Berlin', '2026-10-25', '2026-10-25T22:59:59.999Z'],
  ['Asia/Kathmandu', '2026-11-25', '2026-11-25T18:14:59.999Z'],
  ['America/St_Johns', '2026-12-31', '2027-01-01T03:29:59.999Z'],
])('a day in %s ends with its last millisecond', (zone, day, end) => {
  expect(new Calendar(zone).endOf(day)).toBe(end);
});

test('weeks follow ISO 8601 around the turn of a year', () => {
  expect(weekOf('2026-11-25')).toBe('2026-W48');
  expect(weekOf('2026-12-31')).toBe('2026-W53');
  expect(weekOf('2027-01-03')).toBe('2026-W53');
  expect(weekOf('2027-01-04')).toBe('2027-W01');
  expect(weekOf('2024-12-30')).toBe('2025-W01');
});

test('days of a period are all there, leap day too', () => {
  expect(daysOf(parsePeriod('2028-02-27', '2028-03-01'))).toEqual([
    '2028-02-27',
    '2028-02-28',
    '2028-02-29',
    '2028-03-01',
  ]);
});

test.each([
  ['2026-02-30', '2026-03-01'],
  ['25.11.2026', '2026-11-26'],
  ['2026-11-26', '2026-11-25'],
  ['1990-01-01', '2026-11-25'],
])('%s to %s is refused with what to type', (from, to) => {
  expect(() => parsePeriod(from, to)).toThrow(/write it as|--from is the first day/);
});

test('a zone that is not known is refused by its name', () => {
  expect(() => new Calendar('Europe/Entenhausen')).toThrow(/Entenhausen/);
});
