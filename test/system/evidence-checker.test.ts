// The independent checker itself: a clean run has no problems, and each planted fault is reported by name.
import { cp, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { otherId } from '../fakes/other-id.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const random = seededRandom(7);

describe.skipIf(lacksTools('age', 'minisign'))('the independent checker', () => {
  let rig: DockRig;
  /** Vault, spool and cameras as the run left them; copied back after each test. */
  let kept: string;

  beforeAll(async () => {
    rig = await DockRig.open({ cameras: 2 });
    for (const name of ['A.MP4', 'A.GPS', 'DCIM/B.MP4']) await rig.put(1, name, random.bytes(700_000));
    await rig.start();
    await rig.untilEmptied(1, 30_000);
    await until('the log in the vault', 10_000, async () => (await storedErasures()) === 3);
    await rig.receiver.stop();
    await rig.put(2, 'C.MP4', random.bytes(300_000));
    await rig.untilBay(2, 'spooled', 20_000, (bay) => bay.entries_spooled === 1);
    await rig.stop();
    kept = `${rig.folder}/kept`;
    for (const name of ['vault', 'spool', 'bays'])
      await cp(join(rig.folder, name), join(kept, name), { recursive: true });
  });
  afterAll(() => rig.close());

  beforeEach(() => expect(rig.check().problems).toEqual([]));
  afterEach(async () => {
    for (const name of ['vault', 'spool', 'bays']) {
      await rm(join(rig.folder, name), { recursive: true, force: true });
      await cp(join(kept, name), join(rig.folder, name), { recursive: true });
    }
  });

  async function recordings(): Promise<string[]> {
    return (await rig.receipted()).map((name) => join(rig.vault, STATION, name));
  }

  /** Entries of that event that the store has. */
  async function storedErasures(): Promise<number> {
    const folder = join(rig.vault, STATION, 'custody');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.join('').split('"event":"erased"').length - 1;
  }

  test('counts what it saw', () => {
    expect(rig.check()).toMatchObject({ recordings: 3, onCameras: 1, onlyInSpool: 0, segments: 1 });
  });

  test('reports a recording that was deleted from the vault as held by the spool, and as lost without that', async () => {
    const [first = ''] = await recordings();
    await rm(first, { recursive: true });
    expect(rig.check().problems).toEqual([expect.stringContaining('is not in the vault')]);
    await rm(join(rig.spool, 'ready', first.slice(-26)), { recursive: true });
    expect(rig.check().problems).toContainEqual(expect.stringMatching(/^lost: cam-1 /));
  });

  test('reports a recording that is in the vault twice', async () => {
    const [first = ''] = await recordings();
    await cp(first, otherId(first), { recursive: true });
    expect(rig.check().problems).toContainEqual(expect.stringMatching(/^doubled: cam-1 /));
  });

  test('reports one altered bit in a payload, wherever it is', async () => {
    for (const at of [0.001, 0.5, 0.999]) {
      const path = join((await recordings())[1] ?? '', 'payload.age');
      const bytes = await readFile(path);
      const where = Math.floor(bytes.length * at);
      bytes[where] = (bytes[where] ?? 0) ^ 1;
      await writeFile(path, bytes);
      expect(rig.check().problems.length).toBeGreaterThan(0);
      bytes[where] = (bytes[where] ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
  });

  test('reports a file that was erased from its camera before there was a receipt', async () => {
    await unlink(join(rig.camera(2), 'C.MP4'));
    expect(rig.check().problems).toEqual([expect.stringMatching(/^erased without a receipt: cam-2 "C.MP4"/)]);
    await rm(join(rig.spool, 'ready'), { recursive: true });
    await mkdir(join(rig.spool, 'ready'));
    expect(rig.check().problems).toEqual([
      expect.stringMatching(/^lost: cam-2 "C.MP4"/),
      expect.stringMatching(/^docking .*stored, and there is no such recording/),
    ]);
  });

  test('reports a receipt of another recording, and one that is missing', async () => {
    const [one = '', two = ''] = await recordings();
    for (const name of ['receipt.json', 'receipt.json.minisig']) await cp(join(one, name), join(two, name));
    expect(rig.check().problems).toContainEqual(expect.stringContaining('receipt: recording is'));
    for (const name of ['receipt.json', 'receipt.json.minisig']) await unlink(join(two, name));
    expect(rig.check().problems).toContainEqual(expect.stringContaining('in the vault without a receipt'));
  });

  test('reports a manifest and a custody entry that were altered', async () => {
    const manifest = join((await recordings())[0] ?? '', 'manifest.json');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"cam-1"', '"cam-2"'));
    const folder = join(rig.spool, 'custody');
    const [segment = ''] = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
    const text = await readFile(join(folder, segment), 'utf8');
    await writeFile(join(folder, segment), text.replaceAll('"event":"receipted"', '"event":"pulled"'));
    const { problems } = rig.check();
    expect(problems).toContainEqual(expect.stringContaining('manifest.json: signature does not hold'));
    expect(problems).toContainEqual(expect.stringContaining('does not continue the one before'));
    expect(problems).toContainEqual(expect.stringContaining('before it was receipted'));
    expect(problems).toContainEqual(expect.stringContaining("is not the station's"));
  });

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['cut to nothing', () => new Uint8Array(0)],
    ['no JSON', (bytes) => bytes.subarray(1)],
    ['of another shape', () => Buffer.from('{"type":"recording-manifest"}')],
    ['a list', () => Buffer.from('[]')],
  ])(
    'reports documents of the spool and lines of its log that are %s, and judges the rest',
    async (_, damage) => {
      const ready = join(rig.spool, 'ready');
      const [recording = ''] = await readdir(ready);
      const [docking = ''] = await readdir(join(rig.spool, 'dockings'));
      const paths = [
        join(ready, recording, 'manifest.json'),
        join(rig.spool, 'dockings', docking, 'docking.json'),
      ];
      for (const path of paths) await writeFile(path, damage(await readFile(path)));
      const folder = join(rig.spool, 'custody');
      const [segment = ''] = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
      const text = await readFile(join(folder, segment));
      const end = text.indexOf(10);
      const line = damage(text.subarray(0, end));
      await writeFile(join(folder, segment), Buffer.concat([line, text.subarray(end)]));
      const { problems, recordings } = rig.check([], false);
      expect(recordings).toBe(3);
      for (const name of [join(ready, recording), join(rig.spool, 'dockings', docking), `custody ${segment}`])
        expect(problems).toContainEqual(expect.stringContaining(name));
      expect(problems).toContainEqual(expect.stringMatching(/line 1: (is no JSON|lacks what)/));
    },
  );

  test('reports bytes that were on no camera', async () => {
    rig.ledger.puts.splice(0, 1);
    try {
      expect(rig.check().problems).toEqual([expect.stringContaining('holds bytes that were on no camera')]);
    } finally {
      rig.ledger.note('cam-1', 'A.MP4', seededRandom(7).bytes(700_000));
    }
  });
});
