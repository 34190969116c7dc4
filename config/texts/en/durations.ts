// Lengths of time, in English.

export const DURATIONS_EN = {
  seconds: '{count} s',
  minutes: '{count} min',
  hours: '{count} h',
  days: { one: '{count} day', other: '{count} days' },
} as const;
