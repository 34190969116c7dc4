// A thief of a station's key, with the keeper, exchanges a recording, and puts the one of before into the folder of a station that never was: who
// looks recordings up by their id alone compares the log with the wrong one of the two.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonical, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, TOOLS } from './attacked-world.ts';

const run = promisify(execFile);
/** After all others, so that it is read last. */
const EVIL = 'zz-evil';

/** What the log of the station says against it. */
const EXCHANGED = ['original', 'sealed', 'manifest', 'receipt'].map((each) => `custody.other-${each}`);

type Document = Readonly<Record<string, unknown>>;

async function rewrite(
  folder: string,
  name: string,
  key: string,
  change: (document: Document) => Document,
): Promise<string> {
  const path = join(folder, name);
  const before = JSON.parse(await readFile(path, 'utf8')) as Document;
  const json = canonical(change(before));
  await writeFile(path, json);
  await writeFile(`${path}.minisig`, await signWithMinisign(json, key, `bodydock ${String(before['type'])}`));
  return sha256(json);
}

describe.skipIf(lacksTools(...TOOLS))('a recording that lies in the folder of another station too', () => {
  let honest: AttackedWorld;
  beforeAll(async () => {
    honest = await AttackedWorld.open();
  });
  afterAll(() => honest.close());

  /** The last recording of the chain. */
  async function lastOf(world: AttackedWorld): Promise<string> {
    const named = await world.named('manifest.json');
    const previous = new Set<unknown>();
    for (const { recording } of named) {
      const manifest = JSON.parse(
        await readFile(join(world.folder(recording), 'manifest.json'), 'utf8'),
      ) as Document;
      previous.add(manifest['previous_manifest_sha256']);
    }
    return named.find((each) => !previous.has(each.manifest_sha256))?.recording ?? expect.fail('no last one');
  }

  /** The same recording in the folder of a station that has a key of its own in the keys folder, without a receipt. */
  async function copyElsewhere(
    world: AttackedWorld,
    id: string,
    from: string,
    change: Document = {},
  ): Promise<void> {
    const [secret, folder] = [join(world.root, 'evil.key'), join(world.vault, EVIL, id)];
    const files = ['-p', join(world.keys, `station-${EVIL}.pub`), '-s', secret];
    await run(requireTool('minisign'), ['-G', '-W', ...files]);
    await mkdir(join(world.vault, EVIL));
    await cp(from, folder, { recursive: true });
    await rewrite(folder, 'manifest.json', secret, (said) => ({ ...said, ...change, station: EVIL }));
    for (const name of ['receipt.json', 'receipt.json.minisig']) await rm(join(folder, name));
  }

  test('where it was exchanged, hides nothing of what the log says of the first one', async () => {
    const world = await honest.copy();
    const id = await lastOf(world);
    const folder = world.folder(id);
    const payload = await readFile(join(folder, 'payload.age'));
    payload[payload.length - 1] = (payload.at(-1) ?? 0) ^ 1;
    const chunks = createHash('sha256').update(payload).digest();
    const chunks_sha256 = sha256(chunks);
    await writeFile(join(folder, 'payload.age'), payload);
    await writeFile(join(folder, 'chunks.bin'), chunks);
    const manifest_sha256 = await rewrite(
      folder,
      'manifest.json',
      join(world.root, 'secrets', 'station.key'),
      (said) => ({
        ...said,
        original: { ...(said['original'] as Document), sha256: sha256('another recording') },
        sealed: { ...(said['sealed'] as Document), chunks_sha256 },
      }),
    );
    await rewrite(folder, 'receipt.json', world.storeKey, (said) => ({
      ...said,
      manifest_sha256,
      chunks_sha256,
    }));
    await copyElsewhere(world, id, honest.folder(id));
    const said = await world.verdicts();
    for (const code of [...EXCHANGED, 'recording.doubled']) expect(said).toEqual(refusing(code));
    await world.close();
  });

  test('makes nothing of an untouched one doubtful', async () => {
    const world = await honest.copy();
    const id = await lastOf(world);
    await copyElsewhere(world, id, world.folder(id), { bay: 'bay-9' });
    const said = await world.verdicts();
    expect(said).toEqual(refusing('recording.doubled'));
    for (const { findings } of Object.values(said))
      expect(findings.filter((code) => /^custody|differs/.test(code))).toEqual([]);
    const { stdout } = await world.bodydock('verify', world.vault, '--keys', world.keys, '--lang', 'en');
    const places = [...stdout.matchAll(/FINDING \S+ +([^/]+)[/]/g)].map(([, station]) => station);
    expect(new Set(places)).toEqual(new Set([EVIL]));
    await world.close();
  });
});
