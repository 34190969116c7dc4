import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { custody } from '../../../agent/cli/custody.ts';
import { readAcknowledgement } from '../../../agent/custody/acknowledgement.ts';
import { openIdentity } from '../../../agent/spool/identity.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { STATION, withFolder } from '../config/files.ts';
import { runCommand } from './io-memory.ts';

/** A station's file whose spool an agent has made. */
async function withSpool(use: (file: string, spool: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, 'station.yaml');
    await writeFile(file, STATION);
    const spool = join(folder, 'spool');
    await mkdir(spool);
    await openIdentity(spoolLayout(spool), { files: nodeFiles(), clock: nodeClock(), random: nodeRandom() });
    await use(file, spool);
  });
}

test('an acknowledgement lies where the agent looks for it, with its reason, as the spool its owner has', async () => {
  await withSpool(async (file, spool) => {
    const run = await runCommand(custody, '--acknowledge', '--reason', 'card-replaced', '--config', file);
    expect(run).toMatchObject({ exitCode: 0, err: '' });
    const path = spoolLayout(spool).acknowledgement;
    expect(await readAcknowledgement(nodeFiles(), path)).toMatchObject({ reason: 'card-replaced' });
    expect((await stat(path)).uid).toBe((await stat(spool)).uid);
  });
});

test('without a reason that is a code, or without a spool, nothing is written and the way on is told', async () => {
  await withSpool(async (file, spool) => {
    for (const reason of [[], ['--reason', 'Mr Smith said so'], ['--reason', '']]) {
      const run = await runCommand(custody, '--acknowledge', ...reason, '--config', file);
      expect(run.exitCode).toBe(2);
      expect(run.err).toContain('--reason CODE');
    }
    expect(await readAcknowledgement(nodeFiles(), spoolLayout(spool).acknowledgement)).toBeUndefined();
  });
  await withFolder(async (folder) => {
    const file = join(folder, 'station.yaml');
    await writeFile(file, STATION);
    const run = await runCommand(custody, '--acknowledge', '--reason', 'looked-at', '--config', file);
    expect(run.exitCode).toBe(1);
    expect(run.err).toContain('there is no spool');
  });
});
