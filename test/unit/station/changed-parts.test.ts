import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedParts } from '../../../agent/station/station-runs.ts';
import { loadStationConfig } from '../../../config/load.ts';
import type { StationConfig } from '../../../config/station-config.ts';
import { exchange, STATION, withFolder } from '../config/files.ts';

async function load(folder: string, text: string): Promise<StationConfig> {
  const file = join(folder, 'station.yaml');
  await writeFile(file, text);
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

test.each([
  [
    'limits of the uplink',
    'broker:\n',
    'broker:\n  rate_bytes_per_s: 20000\n',
    ['broker.rate_bytes_per_s'],
    false,
  ],
  ['hours', 'broker:\n', 'broker:\n  windows: [{from: "19:00", to: "06:00"}]\n', ['broker.windows'], false],
  ['the level of the log', 'version: 1\n', 'version: 1\nlog: {level: debug}\n', ['log'], false],
  ['the broker', 'broker.example.org', 'other.example.org', ['broker'], true],
  [
    'the broker and a limit',
    'broker:\n  url: mqtts://broker',
    'broker:\n  rate_bytes_per_s: 20000\n  url: mqtts://other',
    ['broker', 'broker.rate_bytes_per_s'],
    true,
  ],
  ['a comment', 'version: 1\n', 'version: 1 # one\n', [], false],
] as const)('a change of %s asks for what it must', async (_name, from, to, parts, needsRestart) => {
  await withFolder(async (folder) => {
    const before = await load(folder, STATION);
    const after = await load(folder, exchange(STATION, from, to));
    expect(changedParts(before, after)).toEqual({ parts, needsRestart });
    expect(changedParts(after, before)).toEqual({ parts, needsRestart });
  });
});
