// What the doctor says of the spool and its disk.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkDisk } from '../../../agent/cli/doctor-disk.ts';
import { keys } from '../../../agent/cli/program.ts';
import type { Asked } from '../../../agent/monitoring/control-client.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { loadStationConfig } from '../../../config/load.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { SmallDisk } from '../../fakes/small-disk.ts';
import { condition, says } from '../monitoring/station-says.ts';
import { runCommand } from './io-memory.ts';
import { withStation } from './station-folder.ts';

async function codes(
  file: string,
  spoolPath?: string,
  asked?: Asked,
): Promise<{ path: string; codes: string[] }> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') throw new Error('the file of the test is refused');
  const { spool } = loaded.config;
  const path = spoolPath ?? spool.path;
  const findings = await checkDisk({ config: { spool: { ...spool, path } }, asked, clock: nodeClock() });
  return { path, codes: findings.map(({ code }) => code) };
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

test('does not call a spool good that cannot be made', async () => {
  await withStation(async (file, folder) => {
    expect((await codes(file)).codes).toEqual(['disk.absent']);
    expect((await codes(file, join(folder, 'disk/spool'))).codes).toEqual(['disk.no-parent']);
  });
});

describe.runIf(process.geteuid?.() === 0)('of a small disk', () => {
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = await SmallDisk.mount(40);
  });
  afterEach(() => disk.close());

  test('says that it is full, and not beside that that it is good', async () => {
    await withStation(async (file) => {
      await disk.fill(30);
      const { codes: full } = await codes(file, disk.path);
      expect(full).toContain('disk.full');
      expect(full).not.toContain('disk.good');
    });
  });

  test('says that no spool can be made on it where it is read-only', async () => {
    await withStation(async (file) => {
      await disk.makeReadOnly();
      expect((await codes(file, join(disk.path, 'spool'))).codes).toContain('disk.not-makable');
      expect((await codes(file, disk.path)).codes).toContain('disk.read-only');
    });
  });
});

test('does not call a disk good of which the agent says that it fails or is full', async () => {
  await withStation(async (file, folder) => {
    await mkdir(join(folder, 'spool'));
    for (const code of ['disk.failing', 'spool.full']) {
      const asked: Asked = { kind: 'answered', says: says({ conditions: [condition(code)] }) };
      expect((await codes(file, undefined, asked)).codes).not.toContain('disk.good');
    }
    const asked: Asked = { kind: 'answered', says: says({ conditions: [condition('broker.unreachable')] }) };
    expect((await codes(file, undefined, asked)).codes).toContain('disk.good');
  });
});
