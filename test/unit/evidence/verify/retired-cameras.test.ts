// Entries that take a camera out of use: judged against the dockings that the log names.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verify } from '../../../../agent/cli/verify.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';

test.each([
  ['cam-1', false],
  ['cam-01', true],
])('of %s, in a vault in which cam-1 docked, is a note: %s', async (camera, isNote) => {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-retired-'));
  try {
    const builder = await VaultBuilder.create(folder);
    await builder.dock({ camera: 'cam-1' });
    await builder.undock();
    builder.log('camera-retired', { camera, reason: 'lost' });
    await builder.close();
    const { exitCode, out } = await runCommand(verify, builder.vault);
    expect([exitCode, out.includes('custody.retired-unknown')]).toEqual([0, isNote]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['a reason in words', { camera: 'cam-1', reason: 'lost by Mr Smith' }],
  ['no reason', { camera: 'cam-1' }],
  ['the name of a person beside it', { camera: 'cam-1', reason: 'lost', by: 'smith' }],
])('with %s is a finding', async (_, facts) => {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-retired-'));
  try {
    const builder = await VaultBuilder.create(folder);
    await builder.dock({ camera: 'cam-1' });
    await builder.undock();
    builder.log('camera-retired', facts);
    await builder.close();
    expect((await runCommand(verify, builder.vault)).exitCode).toBe(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
