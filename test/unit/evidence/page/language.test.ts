// Codes are told in words, and names that people chose stay as they are, whatever they look like.
import { expect, test } from 'vitest';
import { codeWords, eventSentence, monthWords } from '../../../../agent/evidence/page/language.ts';

test('ids that look like a code stay as they are', () => {
  const facts = { camera: 'open', bay: 'delete', docking: 'd'.repeat(26) };
  expect(eventSentence({ event: 'docked', facts, keeper: 'dock-1' }, 'de')).toBe(
    'Die Kamera open wurde in den Platz delete gesteckt.',
  );
});

test('codes, and what is not known, are told in words', () => {
  const told = (synchronised: boolean | null): string =>
    eventSentence({ event: 'clock-state', facts: { synchronised }, keeper: 'dock-1' }, 'de');
  expect([true, null].map(told)).toEqual([
    expect.stringContaining(': ja.'),
    expect.stringContaining(': unbekannt.'),
  ]);
  const facts = { verb: 'hold', role: 'officer' };
  expect(eventSentence({ event: 'order', facts, keeper: 'r-store' }, 'de')).toBe(
    'Eine Anordnung (Löschsperre) mit der Unterschrift der Rolle Aufzeichnungsbeauftragte wurde angenommen.',
  );
});

test('a code that every object has is one like others', () => {
  expect(codeWords('constructor', 'en')).toBe('constructor');
});

test('a month is written out', () => {
  expect([monthWords('2026-01', 'de'), monthWords('2026-12', 'en')]).toEqual([
    'Januar 2026',
    'December 2026',
  ]);
});
