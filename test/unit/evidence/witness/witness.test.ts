// `bodydock witness` over a vault with everything in it: lines for paper, and lines that came back from paper.
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { witness } from '../../../../agent/cli/witness.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { encodeCustodyEntry, parseCustodyEntry } from '../../../../protocol/custody/custody-entry.ts';
import { parseWitness, witnessLine } from '../../../../protocol/custody/witness.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';
import { runCommand, type CommandRun } from '../../cli/io-memory.ts';
import { atTimeOf } from '../verify/recorded-vault.ts';

let root: string;
let built: EvidenceVault;
let folder: string;
let vault: string;
const lines: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-witness-'));
  built = await buildEvidenceVault(root);
  for (const day of built.witnessDays)
    lines.push(
      witnessLine(parseWitness(await readFile(join(root, 'vault', 'r-store', 'witness', `${day}.json`)))),
    );
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-witness-copy-'));
  vault = join(folder, 'vault');
  await cp(root, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<CommandRun> => runCommand(witness, '--vault', vault, ...args);
const line = (at: number): string => lines[at] ?? '';

describe('lines for paper', () => {
  test('the newest day, one day, and all', async () => {
    expect(await run()).toMatchObject({ exitCode: 0, out: `${line(2)}\n`, err: '' });
    expect(await run('--day', built.witnessDays[0])).toMatchObject({ exitCode: 0, out: `${line(0)}\n` });
    expect((await run('--all')).out).toBe(lines.map((each) => `${each}\n`).join(''));
    const { json } = await run('--all', '--json');
    expect(json).toMatchObject({
      good: true,
      lines: lines.map((each) => ({ receiver: 'r-store', line: each })),
    });
  });

  test('a day without a witness is an error that says why that may be', async () => {
    const none = await run('--day', '2026-11-26');
    expect(none).toMatchObject({ exitCode: 1, out: '' });
    expect(none.err).toContain('no witness of 2026-11-26');
    expect(await run('--day', '26.11.2026')).toMatchObject({ exitCode: 2 });
    expect(await run('--day', '2026-11-25', '--all')).toMatchObject({ exitCode: 2 });
  });

  test('a witness whose signature does not hold is never printed', async () => {
    const path = join(vault, 'r-store', 'witness', `${built.witnessDays[2]}.json`);
    await writeFile(path, (await readFile(path, 'utf8')).replace('"made_at":"2', '"made_at":"1'));
    const ran = await run('--day', built.witnessDays[2]);
    expect(ran).toMatchObject({ exitCode: 1, out: '' });
    const all = await run('--all');
    expect(all).toMatchObject({ exitCode: 1, out: `${line(0)}\n${line(1)}\n` });
    expect(all.err).toContain('FINDING');
  });

  test.each(['en', 'de'])(
    'the sheet in %s holds digits in groups and the line, and its own text is taken back',
    async (lang) => {
      const html = join(folder, 'sheet.html');
      expect(await run('--all', '--html', html, '--lang', lang)).toMatchObject({ exitCode: 0 });
      const page = await readFile(html, 'utf8');
      const root = /root=(\S+)/.exec(line(0))?.[1] ?? '';
      expect(page).toContain(root.replaceAll(/(.{8})(?!$)/g, '$1 '));
      expect(page).toContain(line(1));
      expect(page).not.toMatch(/<script|https?:/);
      const text = join(folder, 'scan.txt');
      await writeFile(text, page.replaceAll(/<[^>]*>/g, '\n'));
      expect(await run('--check', text)).toMatchObject({ exitCode: 0 });
    },
  );
});

describe('lines from paper', () => {
  test('a line that is that of the vault is good, typed with gaps and breaks, and so is a file of all', async () => {
    const typed = line(1)
      .replace('root=', 'root=\n  ')
      .replaceAll(/([0-9a-f]{8})(?=[0-9a-f])/g, '$1 ')
      .toUpperCase();
    const ran = await run('--check', typed);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect(ran.out).toMatch(/^good {2}2026-11-27 r-store, \d+ documents\n/);
    const file = join(folder, 'year.txt');
    await writeFile(file, `Hung up in the hall:\n${lines.join('\n\n')}\n`);
    const all = await run('--check', file);
    expect([all.exitCode, all.out.match(/^good {2}/gm)?.length]).toEqual([0, 3]);
    const german = (await run('--check', file, '--lang', 'de')).out;
    expect(german.match(/^gut {8}.* Dokumente$/gm)).toHaveLength(3);
    expect(german).toMatch(/^gut: .*: 3$/m);
  });

  test.each([
    [
      'root',
      (text: string): string => text.replace(/root=./, (at) => (at === 'root=0' ? 'root=1' : 'root=0')),
    ],
    [
      'previous',
      (text: string): string =>
        text.replace(/previous=./, (at) => (at.endsWith('0') ? 'previous=1' : 'previous=0')),
    ],
    ['documents', (text: string): string => text.replace(/documents=\d+/, 'documents=9999')],
  ])('another %s is a finding that names both', async (field, change) => {
    const changed = change(line(1));
    expect((await run('--check', changed, '--lang', 'de')).out).toMatch(/^NICHT GUT .*\n {2}BEFUND /);
    const ran = await run('--check', changed, '--json');
    expect(ran.exitCode).toBe(1);
    expect(ran.json).toMatchObject({
      good: false,
      lines: [{ good: false, remarks: [{ code: 'witness.line-differs', facts: { field } }] }],
    });
  });

  test('a day that the vault has no witness of, and one of another store, are findings', async () => {
    for (const other of [line(1).replace('2026-11-27', '2026-11-28'), line(1).replace('r-store', 'r-other')])
      expect(await run('--check', other, '--json')).toMatchObject({
        exitCode: 1,
        json: { lines: [{ remarks: [{ code: 'witness.no-line' }] }] },
      });
  });

  test('a recording that was taken away since shows, although witness and line agree', async () => {
    await rm(built.large.folder.replace(root, folder), { recursive: true });
    const ran = await run('--check', line(0), '--json');
    expect(ran).toMatchObject({
      exitCode: 1,
      json: { lines: [{ remarks: [{ code: 'witness.root-differs', facts: { keeper: 'dock-1' } }] }] },
    });
  });

  describe('documents that the store let go as old', () => {
    let old: EvidenceVault;
    let printed: string;
    beforeEach(async () => {
      const place = join(folder, 'old');
      old = await buildEvidenceVault(place, 5);
      const text = await readFile(join(place, 'vault', 'r-store', 'witness', `${old.witnessDays[0]}.json`));
      printed = witnessLine(parseWitness(text));
      await old.dock1.receiver.dropDocuments(old.large);
      await old.dock1.receiver.write();
    });
    const check = (): Promise<CommandRun> =>
      atTimeOf(old.dock1, () =>
        runCommand(witness, '--vault', old.dock1.vault, '--check', printed, '--json'),
      );

    test('count as the store’s log says: the root is computed as before', async () => {
      expect(await check()).toMatchObject({ exitCode: 0, json: { good: true, lines: [{ remarks: [] }] } });
    });

    test('excuse no other that is missing from their day', async () => {
      await rm(old.middle.folder, { recursive: true });
      expect(await check()).toMatchObject({
        exitCode: 1,
        json: { lines: [{ remarks: [{ code: 'witness.root-differs', facts: { keeper: 'dock-1' } }] }] },
      });
    });
  });

  test('a line that came back twice is good twice', async () => {
    const file = join(folder, 'twice.txt');
    await writeFile(file, `${line(0)}\n${line(0)}\n`);
    const ran = await run('--check', file);
    expect([ran.exitCode, ran.out.match(/^good {2}/gm)?.length]).toEqual([0, 2]);
  });

  test('a line that nobody signed behind the store’s log explains nothing that is not here', async () => {
    const { large } = built;
    await rm(large.folder.replace(root, folder), { recursive: true });
    const { log, custody } = built.dock1.receiver;
    const path = join(custody.replace(root, folder), `${log.segments.at(-1)}.jsonl`);
    await rm(`${path}.minisig`, { force: true });
    const last = Buffer.from((await readFile(path, 'utf8')).trimEnd().split('\n').at(-1) ?? '');
    const { sequence, at, boot, monotonic_ms } = parseCustodyEntry(last);
    const { station, recording } = large.manifest;
    const facts = { station, recording, manifest_sha256: sha256Hex(large.manifestBytes) };
    const place = { sequence: sequence + 1, previous: sha256Hex(last), at, boot, monotonic_ms };
    const forged = encodeCustodyEntry({ ...place, event: 'documents-dropped', facts });
    await appendFile(path, Buffer.concat([forged, Buffer.from('\n')]));
    expect(await run('--check', line(0), '--json')).toMatchObject({
      exitCode: 1,
      json: { lines: [{ remarks: [{ code: 'witness.root-differs', facts: { keeper: 'dock-1' } }] }] },
    });
  });

  test('a line that is torn is not taken for none', async () => {
    const file = join(folder, 'torn.txt');
    await writeFile(file, `${line(0)}\n${line(1).slice(0, 100)}\n`);
    const ran = await run('--check', file);
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toContain('1 lines begin in this text and cannot be read');
    await writeFile(file, 'nothing\n');
    expect(await run('--check', file)).toMatchObject({ exitCode: 2 });
    expect(await run('--check', join(folder, 'none.txt'))).toMatchObject({ exitCode: 1 });
  });
});
