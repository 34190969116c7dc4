// What the doctor says of the spool and its disk.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkDisk } from '../../../agent/cli/doctor-disk.ts';
import { keys } from '../../../agent/cli/keys.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { loadStationConfig } from '../../../config/load.ts';
import { nodeClock } from '../../../protocol/io/clock-node.ts';
import { runCommand } from './io-memory.ts';
import { withStation } from './station-folder.ts';

async function codes(file: string): Promise<{ path: string; codes: string[] }> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') throw new Error('the file of the test is refused');
  const { config } = loaded;
  const findings = await checkDisk({ config, asked: undefined, clock: nodeClock() });
  return { path: config.spool.path, codes: findings.map(({ code }) => code) };
}

test('misses the reserve only in a spool that was started', async () => {
  await withStation(async (file, folder) => {
    await runCommand(keys, 'prove', '--config', file, '--ask', join(folder, 'stick'));
    const { path, codes: proven } = await codes(file);
    expect(proven).toContain('disk.good');
    expect(proven).not.toContain('disk.reserve');
    await mkdir(spoolLayout(path).ready);
    expect((await codes(file)).codes).toContain('disk.reserve');
  });
});
