// Which parts of the configuration differ, by their names in the file. Pure.
import { isDeepStrictEqual } from 'node:util';
import { LIVE_OPTIONS } from '../../config/live-options.ts';
import type { StationConfig } from '../../config/station-config.ts';

/** What a change of the file asks for. */
export interface ChangedParts {
  /** First keys of the file, such as "bays"; empty where only comments or the order changed. */
  readonly parts: readonly string[];
  readonly needsRestart: boolean;
}

/** Compares what is in force with what stands in the file now. */
export function changedParts(inForce: StationConfig, next: StationConfig): ChangedParts {
  const parts = configKeys(next)
    .filter((key) => !isDeepStrictEqual(inForce[key], next[key]))
    .map(snakeCase);
  return { parts, needsRestart: parts.some((part) => !LIVE_OPTIONS.has(part)) };
}

function configKeys(config: StationConfig): (keyof StationConfig)[] {
  return (Object.keys(config) as (keyof StationConfig)[]).toSorted();
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
