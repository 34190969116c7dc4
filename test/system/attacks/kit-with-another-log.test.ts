// Somebody who hands a kit on writes its log again: another night, another bay, the chain and all signatures made again by a key of his own that he
// puts into the kit. A person who verifies it with keys from elsewhere must see that.
import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, describe } from 'vitest';
import { canonical, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, STATION, TOOLS } from './attacked-world.ts';

const run = promisify(execFile);

interface Entry {
  readonly event: string;
  readonly at: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Writes a segment of a kit again with other facts of its dockings, and signs it by that key. */
async function writeAnew(folder: string, segment: string, key: string): Promise<void> {
  const path = join(folder, `${segment}.jsonl`);
  const lines: string[] = [];
  let head = '';
  let signature = '';
  for (const line of (await readFile(path, 'utf8')).trimEnd().split('\n')) {
    const entry = JSON.parse(line) as Entry;
    const previous = lines.length === 0 ? '0'.repeat(64) : sha256(lines.at(-1) ?? '');
    if (entry.event !== 'checkpoint') {
      const docked = entry.event === 'docked' ? { bay: '7' } : {};
      const at = entry.at.replace(/T\d\d/, 'T23');
      lines.push(canonical({ ...entry, at, previous, facts: { ...entry.facts, ...docked } }));
      continue;
    }
    const said = JSON.parse(String(entry.facts['head'])) as Record<string, unknown>;
    head = canonical({ ...said, at: String(said['at']).replace(/T\d\d/, 'T23'), sha256: previous });
    signature = await signWithMinisign(head, key, 'bodydock custody-head');
    const at = entry.at.replace(/T\d\d/, 'T23');
    lines.push(canonical({ ...entry, at, previous, facts: { head, signature } }));
  }
  const text = `${lines.join('\n')}\n`;
  await writeFile(path, text);
  await writeFile(`${path}.minisig`, await signWithMinisign(text, key, 'bodydock custody-segment'));
  await writeFile(join(folder, `${segment}.head.json`), head);
  await writeFile(join(folder, `${segment}.head.json.minisig`), signature);
}

describe.skipIf(lacksTools(...TOOLS))('a kit whose log somebody wrote again with a key of his own', () => {
  test('is not good with the keys from elsewhere, and has no script that says so', async () => {
    const world = await AttackedWorld.open();
    try {
      const [one] = await world.named('manifest.json');
      const kit = join(world.root, 'kit');
      const words = ['export', one?.recording ?? '', '--vault', world.vault, '--out', kit, '--reason', 'c'];
      expect((await world.bodydock(...words)).exitCode).toBe(0);
      const { product, python } = await world.verdicts(kit);
      expect([product.exitCode, python.exitCode]).toEqual([0, 0]);

      const own = { public: join(world.root, 'own.pub'), secret: join(world.root, 'own.key') };
      await run(requireTool('minisign'), ['-G', '-W', '-p', own.public, '-s', own.secret]);
      const folder = join(kit, 'log', STATION);
      for (const name of await readdir(folder))
        if (name.endsWith('.jsonl')) await writeAnew(folder, name.slice(0, -'.jsonl'.length), own.secret);
      await copyFile(own.public, join(kit, 'keys', 'station.log.pub'));
      const { stdout: sums } = await run('bash', ['-c', 'sha256sum $(find . -type f ! -name SHA256SUMS)'], {
        cwd: kit,
      });
      await writeFile(join(kit, 'SHA256SUMS'), sums.replaceAll('  ./', '  '));

      expect(await world.verdicts(kit)).toEqual(refusing('custody.signature-unknown-key'));
      // Also where the key came from the kit, the log contradicts the documents that it is about.
      const theirs = await world.bodydock('verify', kit, '--keys', join(kit, 'keys'), '--json');
      expect([theirs.exitCode, theirs.stdout]).toEqual([1, expect.stringContaining('docking.log-differs')]);
      expect((await readdir(kit)).filter((name) => name.endsWith('.sh'))).toEqual(['chain.sh']);
    } finally {
      await world.close();
    }
  });
});
