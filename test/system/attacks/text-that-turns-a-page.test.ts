// A station whose key somebody has signs log entries with texts that turn the order of a line, escape, and make tags: no page that is made of the
// log holds such a mark or such a tag, and the words are there, spelled out.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ForgedLog } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, STATION, TOOLS } from './attacked-world.ts';

const TEXT = 'gone \u202e4PM\u2066\u001b[31m\u0007\u0085<img src=x onerror=alert(1)>';
/** But line ends and tabs. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u;

describe.skipIf(lacksTools(...TOOLS))('a text that turns a page', () => {
  test('is spelled out in the history of a recording and in its kit', async () => {
    const world = await AttackedWorld.open();
    const [named] = await world.named('manifest.json');
    const recording = named?.recording ?? '';
    const log = await ForgedLog.open(
      join(world.vault, STATION, 'custody'),
      STATION,
      join(world.root, 'secrets', 'station.key'),
    );
    log.add('quarantined', { name: recording, reason: TEXT });
    await log.close();
    const given = ['--vault', world.vault, '--keys', world.keys, '--out'];
    const [page, kit] = [join(world.root, 'page.html'), join(world.root, 'kit')];
    const said: string[] = [];
    for (const words of [
      ['custody', recording, ...given, page, '--format', 'html'],
      ['export', recording, ...given, kit, '--reason', 'court'],
    ]) {
      const ran = await world.bodydock(...words);
      expect([0, 1], ran.stderr).toContain(ran.exitCode);
      said.push(ran.stdout + ran.stderr);
    }
    const names = (await readdir(kit, { recursive: true }).catch(() => expect.fail(said.join('')))).filter(
      (name) => name.endsWith('.html'),
    );
    expect(names).not.toEqual([]);
    for (const file of [page, ...names.map((name) => join(kit, name))]) {
      const text = await readFile(file, 'utf8');
      expect([file, UNSEEN.exec(text)?.[0]]).toEqual([file, undefined]);
      expect(text).not.toContain('<img src=x');
    }
    const shown = await readFile(page, 'utf8');
    expect(shown).toContain('gone \\u202e4PM\\u2066');
    expect(shown).toContain('&lt;img src=x');
    await world.close();
  }, 120_000);
});
