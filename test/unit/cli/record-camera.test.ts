// `bodydock record-camera` as it is typed: what it says in both languages, and what it refuses.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordCameraCommand } from '../../../agent/cli/record-camera.ts';
import { parseRecorded } from '../../../agent/cli/record-camera/recorded-file.ts';
import { patternBytes } from '../../contracts/driver-subject.ts';
import { plantIn } from '../../fakes/disk-trees.ts';
import { runCommand } from './io-memory.ts';

let folder: string;
let card: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock record '));
  [card, out] = [join(folder, 'card'), join(folder, 'camera.jsonl')];
  await plantIn(card, new Map([['DCIM/Meier_1.MP4', patternBytes(100)]]));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a card is recorded into a file that only its owner reads, and what was left out is said in both languages', async () => {
  const said = {
    en: /Left out: names of files and folders.*files: 1/s,
    de: /Weggelassen: Namen.*Dateien: 1/s,
  };
  for (const language of ['en', 'de'] as const) {
    const path = `${out}.${language}`;
    const run = await runCommand(recordCameraCommand, '--folder', card, '--out', path, '--lang', language);
    expect(run).toMatchObject({ exitCode: 0, err: '' });
    expect(run.out).toMatch(said[language]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(parseRecorded(await readFile(path, 'utf8'))).toMatchObject({
      head: { kind: 'folder' },
      entries: [{ path: 'DCIM/Aaaaa_0.MP4', size_bytes: 100 }],
    });
  }
});

test('with --json standard output has one document, and what is said goes to standard error', async () => {
  const run = await runCommand(recordCameraCommand, '--folder', card, '--out', out, '--json');
  expect(run.out.split('\n')).toHaveLength(2);
  expect(run.json).toMatchObject({ out, lines: 3, result: { listing: { files: 1 } } });
  expect(run.err).toContain('Left out');
});

test('a file that is there is not written over, and the camera is not asked first', async () => {
  await writeFile(out, 'mine');
  const run = await runCommand(recordCameraCommand, '--folder', join(folder, 'none'), '--out', out);
  expect(run).toMatchObject({ exitCode: 1, err: expect.stringContaining('is there already') as string });
  expect(await readFile(out, 'utf8')).toBe('mine');
});

test('what is no place, or two, is refused before anything is opened', async () => {
  const wrong: readonly (readonly [readonly string[], number, string])[] = [
    [[], 2, '--out'],
    [['--out', out], 2, 'one of --bay'],
    [['--out', out, '--usb', '1-1', '--folder', card], 2, 'one of --bay'],
    [['--out', out, '--port', '/dev/null', '--framing', 'wide'], 2, '--framing is'],
    [['--out', out, '--port', '/dev/null', '--baud', 'fast'], 2, '--baud is'],
    [['--out', out, '--folder', card, '--baud', '9600'], 2, 'go with --port'],
    [['--out', out, '--bay', 'bay-1', '--config', join(folder, 'none.yaml')], 78, 'is not good'],
    [['--out', out, '--folder', join(folder, 'none')], 1, 'driver.'],
  ];
  for (const [words, exitCode, says] of wrong) {
    const run = await runCommand(recordCameraCommand, ...words);
    expect(run, words.join(' ')).toMatchObject({ exitCode, err: expect.stringContaining(says) as string });
  }
  await expect(stat(out)).rejects.toMatchObject({ code: 'ENOENT' });
});
