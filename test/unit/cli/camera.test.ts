// `bodydock camera retire`: what it writes, says and refuses. That the agent enters it: test/station/retired-camera.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { camera, keys } from '../../../agent/cli/program.ts';
import { runCommand } from './io-memory.ts';
import { withStation } from './station-folder.ts';

/** A station with a spool, since a key was prepared for it. */
async function withSpool(use: (file: string, words: string) => Promise<void>): Promise<void> {
  await withStation(async (file, folder) => {
    expect((await runCommand(keys, 'prove', '--config', file, '--identity', join(folder, 'store/store.identity'))).exitCode).toBe(0); // prettier-ignore
    await use(file, join(folder, 'spool', 'retirements'));
  });
}

test('writes one word a camera, each of which the agent enters, and a later one about the same replaces it', async () => {
  await withSpool(async (file, words) => {
    const retire = (id: string, reason: string, ...more: string[]): ReturnType<typeof runCommand> =>
      runCommand(camera, 'retire', id, '--reason', reason, '--config', file, ...more);
    expect(await retire('cam-1', 'lost')).toMatchObject({ exitCode: 0, err: '' });
    expect((await retire('cam-1', 'found-broken', '--lang', 'de')).out).toMatch(
      /^cam-1: außer Betrieb genommen; .* trägt es in das Verwahrprotokoll ein\n$/,
    );
    const { json } = await retire('cam-17', 'given-back', '--json');
    expect(json).toMatchObject({ retired: true, camera: 'cam-17', reason: 'given-back' });
    expect((await readdir(words)).sort()).toEqual(['cam-1.json', 'cam-17.json']);
    expect(JSON.parse(await readFile(join(words, 'cam-1.json'), 'utf8'))).toMatchObject({
      type: 'camera-retirement',
      camera: 'cam-1',
      reason: 'found-broken',
    });
  });
});

test('says where the station’s file does not name the camera: it may be misspelled', async () => {
  await withSpool(async (file) => {
    const retire = (...more: string[]): ReturnType<typeof runCommand> =>
      runCommand(camera, 'retire', 'cam-99', '--reason', 'lost', '--config', file, ...more);
    expect((await retire()).err).toContain('does not name cam-99');
    expect((await retire('--lang', 'de')).err).toContain('nennt cam-99 nicht');
  });
});

test.each([
  ['no verb', [], /missing after `bodydock camera`: retire/],
  ['another verb', ['remove', 'cam-1', '--reason', 'lost'], /unknown command, there is retire/],
  ['no camera', ['retire', '--reason', 'lost'], /name a camera/],
  ['no id', ['retire', 'Camera 1', '--reason', 'lost'], /name a camera/],
  ['no reason', ['retire', 'cam-1'], /--reason CODE says why/],
  ['a reason in words', ['retire', 'cam-1', '--reason', 'lost by Mr Smith'], /never a name/],
])('refuses %s', async (_, words, message) => {
  const { exitCode, err } = await runCommand(camera, ...words);
  expect([exitCode, err]).toEqual([2, expect.stringMatching(message)]);
});
