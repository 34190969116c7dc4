// Which parts of the configuration differ, by their names in the file. Pure.
import { isDeepStrictEqual } from 'node:util';
import { LIVE_OPTIONS } from '../../config/live-options.ts';
import type { StationConfig } from '../../config/station-config.ts';

/** What a change of the file asks for. */
export interface ChangedParts {
  /** First keys of the file, such as "bays", or what of one is taken over by itself, such as "broker.windows"; empty where only comments or the order changed. */
  readonly parts: readonly string[];
  readonly needsRestart: boolean;
}

/** Compares what is in force with what stands in the file now. */
export function changedParts(inForce: StationConfig, next: StationConfig): ChangedParts {
  const [before, after] = [byPart(inForce), byPart(next)];
  const parts = [...new Set([...before.keys(), ...after.keys()])]
    .filter((part) => !isDeepStrictEqual(before.get(part), after.get(part)))
    .toSorted();
  return { parts, needsRestart: parts.some((part) => !LIVE_OPTIONS.has(part)) };
}

/** Each group without those of its options that are taken over by themselves, and these. */
function byPart(config: StationConfig): Map<string, unknown> {
  const parts = new Map<string, unknown>();
  for (const [key, value] of Object.entries<unknown>({ ...config })) {
    const group = snakeCase(key);
    const isLive = (name: string): boolean => LIVE_OPTIONS.has(`${group}.${snakeCase(name)}`);
    const options = typeof value === 'object' && value !== null ? Object.entries<unknown>({ ...value }) : [];
    const live = options.filter(([name]) => isLive(name));
    for (const [name, option] of live) parts.set(`${group}.${snakeCase(name)}`, option);
    const rest = live.length === 0 ? value : Object.fromEntries(options.filter(([name]) => !isLive(name)));
    parts.set(group, rest);
  }
  return parts;
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
