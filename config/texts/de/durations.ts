// Lengths of time, in German.
import type { Translated } from '../../texts.ts';
import type { DURATIONS_EN } from '../en/durations.ts';

export const DURATIONS_DE = {
  seconds: '{count} s',
  minutes: '{count} min',
  hours: '{count} h',
  days: { one: '{count} Tag', other: '{count} Tage' },
} as const satisfies Translated<typeof DURATIONS_EN>;
