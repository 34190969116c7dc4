import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DockError } from '../../protocol/format/errors.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { DockAndStore, STATION, type DockOptions } from '../fakes/dock-and-store.ts';
import { pause } from '../fakes/until.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

async function open(options: DockOptions = {}): Promise<DockAndStore> {
  dock = await DockAndStore.open(options);
  return dock;
}

const clip = randomBytes(1_300_000);
const note = Buffer.from('N 51.5 E 7.4\n');

test('a recording and its sidecar go to the vault, are receipted, and only then erased', async () => {
  const { camera } = await open();
  camera.put('DCIM/100MEDIA/V1.MP4', clip, {
    modifiedAt: '2026-11-25T08:00:00.000Z',
    vendor: { officer: 'never in clear' },
  });
  camera.put('DCIM/100MEDIA/V1.GPS', note);
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['light'] === 'safe-to-take');
  expect(camera.files()).toHaveLength(2);
  await dock.startReceiver();
  await dock.until('erased', () => camera.files().length === 0 && dock.bay()['state'] === 'done');
  const kept = await dock.vault();
  expect(kept.map(({ path }) => path)).toEqual(['DCIM/100MEDIA/V1.GPS', 'DCIM/100MEDIA/V1.MP4']);
  const [sidecar, media] = kept;
  expect(media?.original.equals(clip)).toBe(true);
  expect(sidecar?.original.equals(note)).toBe(true);
  expect(sidecar?.manifest.sidecar_of).toBe(media?.manifest.source.path_sha256);
  expect(media?.manifest.sidecars).toEqual([sidecar?.manifest.source.path_sha256]);
  expect(dock.bay()).toMatchObject({
    entries: 2,
    entries_receipted: 2,
    entries_erased: 2,
    light: 'safe-to-take',
  });
});

test('with release never everything is receipted and everything stays', async () => {
  const { camera } = await open({ release: 'never' });
  camera.put('a.mp4', clip);
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
  expect(camera.files()).toHaveLength(1);
  expect(dock.bay()).toMatchObject({ entries_receipted: 1, entries_erased: 0 });
});

test('a camera with nothing on it is done and safe to take', async () => {
  await open();
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
  expect(dock.bay()).toMatchObject({ entries: 0, light: 'safe-to-take' });
});

test('a camera docked again with files that stayed is read again and pushed nothing twice', async () => {
  const { camera } = await open({ release: 'never' });
  camera.put('a.mp4', clip);
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
  camera.detach();
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
  camera.attach();
  await dock.until('done again', () => dock.bay()['state'] === 'done');
  await dock.stopStation();
  await dock.startStation();
  await dock.until(
    'done after a restart',
    () => dock.bay()['state'] === 'done' && dock.bay()['entries_receipted'] === 1,
  );
  expect(await dock.vault()).toHaveLength(1);
});

test('the same name and size with other bytes is a new recording and is never erased for the old receipt', async () => {
  const { camera } = await open({ release: 'never' });
  camera.put('a.mp4', clip, { modifiedAt: '2026-11-25T08:00:00.000Z' });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
  await dock.stopStation();
  const other = Buffer.from(clip);
  other[700_000] = (other[700_000] ?? 0) ^ 1;
  camera.put('a.mp4', other, { modifiedAt: '2026-11-25T08:00:00.000Z' });
  await dock.startStation();
  await dock.until('two', async () => (await dock.vault()).length === 2);
  const originals = (await dock.vault()).map(({ original }) => original);
  expect(
    originals.some((bytes) => bytes.equals(clip)) && originals.some((bytes) => bytes.equals(other)),
  ).toBe(true);
});

test('a receipt that came while the camera was away releases its file only after the bytes were read again', async () => {
  const { camera } = await open();
  camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['light'] === 'safe-to-take');
  camera.detach();
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
  await dock.startReceiver();
  await dock.until('receipted', async () => (await dock.vault()).length === 1);
  const changed = Buffer.from(clip);
  changed[5] = (changed[5] ?? 0) ^ 1;
  camera.put('b.mp4', clip);
  camera.put('a.mp4', changed);
  camera.attach();
  await dock.until('all kept', () => camera.files().length === 0);
  expect((await dock.vault()).filter(({ original }) => original.equals(changed))).toHaveLength(1);
  expect(await dock.vault()).toHaveLength(3);
});

test('without a proof that the recipient can open, nothing is erased', async () => {
  const { camera } = await open({ proven: false });
  camera.put('a.mp4', clip);
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('decided', () => dock.conditions.isRaised('release.refused', 'bay-1'));
  expect(camera.files()).toHaveLength(1);
});

test('an empty file, an unknown kind and a hostile name are kept like others', async () => {
  const { camera } = await open();
  const names = [
    'empty.mp4',
    'strange.xyz',
    '../../etc/passwd',
    'line\nbreak.mp4',
    'ü ß 日本.mp4',
    `${'x'.repeat(251)}.mp4`,
  ];
  for (const name of names) camera.put(name, name === 'empty.mp4' ? new Uint8Array(0) : Buffer.from(name));
  camera.put('link.mp4', new Uint8Array(0), { kind: 'not-a-file' });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
  const kept = await dock.vault();
  expect(new Set(kept.map(({ path }) => path))).toEqual(new Set(names));
  const reasons = Object.fromEntries(kept.map(({ path, manifest }) => [path, manifest.rejected?.reason]));
  expect(reasons['empty.mp4']).toBe('empty');
  expect(reasons['strange.xyz']).toBe('unknown-kind');
  expect(reasons['../../etc/passwd']).toBe('odd-name');
  expect(camera.files().map(({ look }) => look.kind)).toEqual(['not-a-file']);
});

test('messages that are lost, doubled and late change nothing in the end', async () => {
  const { camera, hub } = await open();
  let seed = 7;
  const chance = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  hub.fate = () => {
    const roll = chance();
    if (roll < 0.1) return [];
    if (roll < 0.2) return [{}, {}];
    return roll < 0.3 ? [{ delayMs: 30 }] : [{}];
  };
  for (let at = 0; at < 5; at++) camera.put(`v${at}.mp4`, randomBytes(1_500_000));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => camera.files().length === 0, 40_000);
  expect(await dock.vault()).toHaveLength(5);
}, 45_000);

test('bytes altered on the way are asked for again and the recording arrives right', async () => {
  const { camera, hub } = await open();
  let altered = 0;
  hub.fate = ({ topic, payload }) => {
    if (!/\/\d+$/.test(topic) || payload.length < 1000 || altered >= 3) return [{}];
    altered++;
    const copy = Buffer.from(payload);
    copy[100] = (copy[100] ?? 0) ^ 1;
    return [{ payload: copy }];
  };
  camera.put('a.mp4', clip);
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => camera.files().length === 0);
  expect(altered).toBe(3);
  expect((await dock.vault())[0]?.original.equals(clip)).toBe(true);
});

test('a camera pulled out in the middle of a read loses nothing and is taken at its next docking', async () => {
  const { camera } = await open();
  let pieces = 0;
  camera.put('a.mp4', {
    sizeBytes: 8 * 1024 * 1024,
    *make() {
      for (let at = 0; at < 8; at++) {
        if (++pieces === 4) camera.detach();
        yield new Uint8Array(1024 * 1024).fill(at);
      }
    },
  });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('left', () => pieces >= 4 && dock.bay()['state'] === 'empty');
  expect(await dock.vault()).toHaveLength(0);
  camera.attach();
  await dock.until('erased', () => camera.files().length === 0);
  expect((await dock.vault())[0]?.original.length).toBe(8 * 1024 * 1024);
});

test('a manifest whose signature does not verify any more is put aside and never offered', async () => {
  const { camera } = await open();
  camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['light'] === 'safe-to-take');
  await dock.stopStation();
  const ready = join(dock.folder, 'spool', 'ready');
  const [name = ''] = await readdir(ready);
  const path = join(ready, name, 'manifest.json.minisig');
  const [comment = '', signature = '', ...rest] = (await readFile(path, 'utf8')).split('\n');
  const middle = signature[50] === 'A' ? 'B' : 'A';
  const altered = `${signature.slice(0, 50)}${middle}${signature.slice(51)}`;
  await writeFile(path, [comment, altered, ...rest].join('\n'));
  const offered: string[] = [];
  dock.hub.fate = ({ topic }) => {
    if (topic.includes('/up/offer/')) offered.push(topic);
    return [{}];
  };
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('put aside', () => dock.conditions.isRaised('spool.quarantine'));
  await dock.until('taken again', () => camera.files().length === 0);
  expect(offered.filter((topic) => topic.endsWith(name))).toEqual([]);
  expect((await dock.vault()).map(({ original }) => original.equals(clip))).toEqual([true]);
});

test('a bay without a camera says so after a start, whatever was retained before', async () => {
  const { camera } = await open();
  camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['light'] === 'safe-to-take');
  dock.hub.hold('station');
  await dock.stopStation();
  camera.detach();
  dock.hub.release('station');
  await dock.startStation();
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
  expect(dock.bay()).toMatchObject({ camera: null, light: 'off' });
});

test('a camera that does not say who it is has its session closed before the next try', async () => {
  let opened = 0;
  const { camera } = await open({
    wrapDriver: (driver) => ({
      ...driver,
      open: async (place, signal) => {
        const session = await driver.open(place, signal);
        opened++;
        const close = session.close.bind(session);
        session.close = async () => {
          opened--;
          await close();
        };
        session.identity = async () =>
          Promise.reject(new DockError('driver.timeout', 'no answer', { retry: 'later' }));
        return session;
      },
    }),
  });
  camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('failed', () => dock.conditions.isRaised('camera.failed', 'bay-1'));
  expect(opened).toBe(0);
});

test('a station starts on a disk that takes no log entry, and says what is wrong', async () => {
  let takesNothing = true;
  const real = nodeFiles();
  const refuse = async (path: string): Promise<void> => {
    if (takesNothing && path.includes('/custody/'))
      throw Object.assign(new Error('EIO: input/output error'), { code: 'EIO' });
  };
  await open({
    stationFiles: {
      ...real,
      create: async (path) => {
        await refuse(path);
        return real.create(path);
      },
    },
  });
  dock.camera.put('a.mp4', clip);
  await dock.startStation();
  expect(dock.conditions.isRaised('custody.write-failed')).toBe(true);
  await dock.until('called', () => dock.bay()['light'] === 'call-someone');
  expect(dock.camera.files()).toHaveLength(1);
  takesNothing = false;
  await dock.until('taken', () => dock.bay()['light'] === 'safe-to-take');
});

test('a station that cannot be put up leaves nothing behind that goes on to write', async () => {
  const real = nodeFiles();
  const eio = (): Error => Object.assign(new Error('EIO: input/output error'), { code: 'EIO' });
  let isIll = true;
  let madeLater = 0;
  await open({
    stationFiles: {
      ...real,
      create: async (path) => {
        if (isIll && path.includes('/custody/')) throw eio();
        if (!isIll) madeLater++;
        return real.create(path);
      },
      syncFolder: async (path) =>
        isIll && path.endsWith('/dockings') ? Promise.reject(eio()) : real.syncFolder(path),
    },
  });
  await expect(dock.startStation()).rejects.toThrow('EIO');
  isIll = false;
  await pause(2500); // a log that was left would be tried again after a second
  expect(madeLater).toBe(0);
});

test('the retained status names its session, and the will says lost', async () => {
  await open();
  await dock.startStation();
  const status = (): Record<string, unknown> =>
    JSON.parse(
      Buffer.from(dock.hub.retained(`bodydock/v1/${STATION}/status`) ?? Buffer.from('{}')).toString(),
    ) as Record<string, unknown>;
  await dock.until('ready', () => status()['state'] === 'ready');
  const { session } = status();
  dock.hub.hold('station');
  await dock.until('lost', () => status()['state'] === 'offline');
  expect(status()).toMatchObject({ session, reason: 'lost' });
  dock.hub.release('station');
  await dock.until('ready again', () => status()['state'] === 'ready');
  await dock.stopStation();
  expect(status()).toMatchObject({ state: 'offline', session, reason: 'stopped' });
});
