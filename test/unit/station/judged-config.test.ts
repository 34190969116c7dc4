// What a running station takes over of its file.
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeConfig, readConfig, type GoodConfig } from '../../../agent/station/judged-config.ts';
import { makeSigningKey } from '../../../config/enrolment/keys.ts';
import { exchange, put, PLAIN, withFolder } from '../config/files.ts';
import { SysTree } from '../../fakes/usb/sys-tree.ts';

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

test('a controller that comes later gives the socket of a bay its name, although the text is the same', async () => {
  await withFolder(async (folder) => {
    const text = exchange(PLAIN, 'folder: /media/bay-1', 'usb_port: xhci-hcd.0/usb2-1.3');
    const sys = new SysTree(join(folder, 'sys'));
    const usbRoot = join(sys.root, 'bus', 'usb', 'devices');
    const place = { file: await put(folder, 'station.yaml', text), credentialsFolder: undefined, usbRoot };
    await mkdir(join(folder, 'keys'));
    const first = await readConfig(place);
    if (first.kind === 'refused') throw new Error('refused');
    const { signingFile } = first.good.config.keys;
    await makeSigningKey(signingFile, `${signingFile}.pub`);
    const judged = async () => {
      const now = await judgeConfig(place, first.good, NOW_MS);
      return now.kind === 'good' ? now.good : now;
    };
    expect(await judged()).toBe(first.good);
    await sys.bus(4, 'xhci-hcd.0', '2.00');
    expect(await judged()).toMatchObject({
      sha256: first.good.sha256,
      config: { bays: [{ usbPort: '4-1.3' }, {}] },
    });
  });
});
