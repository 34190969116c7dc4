// What a station with a good key writes under ids of another one must not keep that one's recordings from being found.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT_USAGE } from '../../../../config/exit-codes.ts';
import { custody } from '../../../../agent/cli/custody.ts';
import { makeDockingId } from '../../../../protocol/format/ids.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { historyVault, type HistoryVault } from './history-vault.ts';

let vault: HistoryVault;
beforeAll(async () => {
  vault = await historyVault();
  const { builder, subject } = vault;
  const other = await builder.beside('dock-2');
  await other.dock({ camera: 'cam-9' });
  other.log('docking-recorded', {
    docking: makeDockingId(builder.random),
    record: subject.id,
    sha256: 'a'.repeat(64),
    part: 1,
    parts: 1,
  });
  await other.undock();
  await other.close();
  await builder.close();
});
afterAll(async () => rm(vault.builder.root, { recursive: true, force: true }));

test('a recording is found although another station calls a docking record by its id', async () => {
  const { builder, subject } = vault;
  const place = ['--vault', builder.vault];
  const { exitCode, err } = await runCommand(custody, subject.id, ...place);
  expect(exitCode).toBe(EXIT_USAGE);
  expect(err).toContain(`recording ${subject.id} of dock-1`);
  expect(err).toContain('of dock-2');
  const own = await runCommand(custody, subject.id, ...place, '--station', 'dock-1', '--json');
  expect(own.json).toMatchObject({ subject: { kind: 'recording', id: subject.id } });
});
