// What a running station takes over of its file.
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeConfig, readConfig, type GoodConfig } from '../../../agent/live-config/judged-config.ts';
import { makeSigningKey } from '../../../config/keys.ts';
import { exchange, put, PLAIN, withFolder } from '../../config/files.ts';

const NOW_MS = Date.parse('2026-11-29T08:00:00.000Z');

test('another place of the spool is refused while the station runs: nobody would push what waits in the old one', async () => {
  await withFolder(async (folder) => {
    const place = { file: await put(folder, 'station.yaml', PLAIN), credentialsFolder: undefined };
    await mkdir(join(folder, 'keys'));
    const first = await readConfig(place);
    if (first.kind === 'refused') throw new Error('refused');
    const inForce: GoodConfig = first.good;
    await makeSigningKey(inForce.config.keys.signingFile, `${inForce.config.keys.signingFile}.pub`);
    const { path } = inForce.config.spool;
    await put(folder, 'station.yaml', exchange(PLAIN, 'alias: Camera 1', 'alias: Red camera'));
    expect(await judgeConfig(place, inForce, NOW_MS)).toMatchObject({ kind: 'good' });
    const moved = {
      ...inForce,
      config: { ...inForce.config, spool: { ...inForce.config.spool, path: '/old' } },
    };
    expect(await judgeConfig(place, moved, NOW_MS)).toMatchObject({
      kind: 'refused',
      problems: [{ code: 'config.spool-moved', path: 'spool.path', found: JSON.stringify(path) }],
    });
  });
});

test('the text in force is not looked through again, but whose file it is', async () => {
  await withFolder(async (folder) => {
    const place = { file: await put(folder, 'station.yaml', PLAIN), credentialsFolder: undefined };
    const first = await readConfig(place);
    if (first.kind === 'refused') throw new Error('refused');
    const judged = await judgeConfig(place, first.good, NOW_MS);
    expect(judged.kind === 'good' && judged.good).toBe(first.good);

    await chmod(place.file, 0o666);
    expect(await judgeConfig(place, first.good, NOW_MS)).toMatchObject({
      kind: 'refused',
      problems: [{ code: 'config.mode' }],
    });
  });
});
