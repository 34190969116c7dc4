// How long something takes or took, in words.
import type { Language } from './language.ts';
import { DURATIONS_DE } from './texts/de/durations.ts';
import { DURATIONS_EN } from './texts/en/durations.ts';
import { texts } from './texts.ts';

const DURATIONS = texts(DURATIONS_EN, DURATIONS_DE);

/** In the largest unit of which there are at least two. */
export function durationText(seconds: number, language: Language): string {
  const say = DURATIONS[language];
  if (seconds < 120) return say('seconds', { count: seconds });
  if (seconds < 7200) return say('minutes', { count: Math.round(seconds / 60) });
  if (seconds < 172_800) return say('hours', { count: Math.round(seconds / 3600) });
  return say('days', { count: Math.round(seconds / 86_400) });
}
