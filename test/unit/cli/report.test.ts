// What `bodydock report` prints, in both languages; the numbers themselves are tested beside agent/evidence/report.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { report } from '../../../agent/cli/report.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { change, flip } from '../evidence/verify/broken-vault.ts';
import { runCommand, type CommandRun } from './io-memory.ts';

let root: string;
let builder: VaultBuilder;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-report-'));
  builder = await VaultBuilder.create(root);
  await builder.record({ path: '1.MP4' });
  const broken = await builder.record({ path: '2.MP4' });
  await builder.close();
  await change(join(broken.folder, 'manifest.json'), flip(30));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function run(...more: readonly string[]): Promise<CommandRun> {
  const period = ['--from', '2026-11-01', '--to', '2026-12-31', '--zone', 'UTC'];
  return runCommand(report, '--vault', builder.vault, ...period, ...more);
}

test('the summary, and what was left out, are in the language that was asked for', async () => {
  const [en, de] = [await run(), await run('--lang', 'de')];
  expect([en.exitCode, de.exitCode]).toEqual([1, 1]);
  expect(en.out).toMatch(
    /^2026-11-01 to 2026-12-31 \(UTC\)\ndockings \d+, of these \d+ of a camera with nothing new/,
  );
  expect(de.out).toMatch(
    /^2026-11-01 bis 2026-12-31 \(UTC\)\nAndockvorgänge \d+, davon \d+ mit einer Kamera/,
  );
  expect(en.err).toMatch(/^bodydock: \d+ folders, single documents or logs left out/);
  expect(de.err).toMatch(/^bodydock: \d+ Ordner, einzelne Dokumente oder Verwahrprotokolle nicht gezählt/);
  expect(de.out + de.err).not.toMatch(/\b(?:the|of|and|with|not|to|days|recordings)\b/);
  const numbers = (text: string): string[] => text.match(/\d+/g) ?? [];
  expect(numbers(de.out.replaceAll('95 von 100', '95'))).toEqual(numbers(en.out.replaceAll('95th', '95')));
});

test('so is what is said of the files that were written', async () => {
  const out = join(root, 'report');
  expect((await run('--out', out)).out).toContain('report.html: the report; beside it report.json, ');
  expect((await run('--out', out, '--lang', 'de')).out).toContain(
    'report.html: der Bericht; daneben report.json, ',
  );
});
