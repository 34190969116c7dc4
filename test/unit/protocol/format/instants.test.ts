import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantSchema } from '../../../../protocol/documents/document.ts';
import {
  INSTANT_MS_MAX,
  INSTANT_MS_MIN,
  instantMs,
  instantText,
  isInstantMs,
} from '../../../../protocol/format/instants.ts';

test('every number becomes an instant that documents take', () => {
  fc.assert(
    fc.property(fc.double(), (ms) => {
      expect(instantSchema.safeParse(instantText(ms)).success).toBe(true);
    }),
  );
  for (const ms of [NaN, Infinity, -Infinity, 1e300, INSTANT_MS_MIN, INSTANT_MS_MAX])
    expect(instantSchema.safeParse(instantText(ms)).success).toBe(true);
  expect(instantText(INSTANT_MS_MIN)).toBe('0000-01-01T00:00:00.000Z');
  expect(instantText(INSTANT_MS_MAX)).toBe('9999-12-31T23:59:59.999Z');
});

test('text and number are the same instant both ways', () => {
  fc.assert(
    fc.property(fc.integer({ min: INSTANT_MS_MIN, max: INSTANT_MS_MAX }), (ms) => {
      expect(isInstantMs(ms)).toBe(true);
      expect(instantMs(instantText(ms))).toBe(ms);
    }),
  );
});

test('what is no instant is none', () => {
  for (const text of ['', 'yesterday', '2026-13-01T00:00:00.000Z', '+010000-01-01T00:00:00.000Z'])
    expect(instantMs(text)).toBeNull();
  for (const ms of [NaN, Infinity, INSTANT_MS_MAX + 1, INSTANT_MS_MIN - 1])
    expect(isInstantMs(ms)).toBe(false);
});
