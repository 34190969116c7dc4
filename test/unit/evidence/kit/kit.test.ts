// What goes into a kit, what keeps one from being made, and what stays behind in the vault: without typing its lines, which the e2e test does.
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportCommand } from '../../../../agent/cli/export.ts';
import { proofText } from '../../../../agent/evidence/kit/kit-page.ts';
import { makeKit } from '../../../../agent/evidence/kit/make-kit.ts';
import { KIT_EN } from '../../../../config/texts/en/kit.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../../agent/platform/random-node.ts';
import { parseDisclosure } from '../../../../protocol/documents/order.ts';
import { filesWith } from '../../../fakes/files-with.ts';
import { checkPage, PAGES } from '../../../fakes/kit-page-lines.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../../fakes/manipulations/evidence-vault.ts';
import { lacksTools } from '../../../fakes/stock-tools.ts';
import { type BuiltRecording, VaultBuilder } from '../../../fakes/vault-builder.ts';
import { change, flip } from '../verify/broken-vault.ts';
import { runCommand, type CommandRun } from '../../cli/io-memory.ts';

let good: string;
let built: EvidenceVault;
let root: string;
let kit: string;

beforeAll(async () => {
  good = await mkdtemp(join(tmpdir(), 'bodydock-export-'));
  built = await buildEvidenceVault(good);
});
afterAll(() => rm(good, { recursive: true, force: true }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-export-copy-'));
  await cp(good, root, { recursive: true });
  kit = join(root, 'kit');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const vault = (): string => join(root, 'vault');
/** Runs `bodydock export` on the copy. */
const run = (...args: string[]): Promise<CommandRun> =>
  runCommand(exportCommand, '--vault', vault(), '--out', kit, '--reason', 'az-4711', ...args);
const page = (name = 'INDEX.html'): Promise<string> => readFile(join(kit, name), 'utf8');
const shell = promisify(execFile);

/** A vault of its own, for what the large one does not hold. */
async function withVault(use: (builder: VaultBuilder) => Promise<void>): Promise<void> {
  const own = await mkdtemp(join(tmpdir(), 'bodydock-export-own-'));
  try {
    await use(await VaultBuilder.create(own));
  } finally {
    await rm(own, { recursive: true });
  }
}

/** Paths of the kit, sorted. */
async function paths(): Promise<string[]> {
  const entries = await readdir(kit, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(kit.length + 1))
    .sort();
}

/** Ids of what the waiting disclosures name; the builder's own one left out. */
async function disclosed(): Promise<string[]> {
  const folder = join(vault(), '.disclosures');
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const { command, recording, reason } = parseDisclosure(await readFile(join(folder, name)));
    if (command === 'export') found.push(`${recording} ${reason}`);
  }
  return found.sort();
}

/** All is as before: no kit, nothing half beside it, no disclosure. */
async function expectNothing(): Promise<void> {
  expect((await readdir(root)).filter((name) => !['keys', 'vault'].includes(name))).toEqual([]);
  expect(await disclosed()).toEqual([]);
}

describe.skipIf(lacksTools('sh', 'bash', 'minisign'))(
  'the script of a kit holds for whoever starts it with `sh`',
  () => {
    test('chain.sh', async () => {
      await run(built.large.id);
      const [log = ''] = (await paths()).filter((path) => path.endsWith('.jsonl'));
      const [head = ''] = (await paths()).filter((path) => path.endsWith('head.json'));
      const by = async (program: string): Promise<string> =>
        (await shell(program, ['chain.sh', log, head], { cwd: kit })).stdout;
      const said = await by('sh');
      expect(said).toBe(await by('bash'));
      expect(said).not.toBe('');
    });
  },
);

describe('a kit holds', () => {
  test('a recording with its sidecar, all parts of its docking record, and the segment that names them', async () => {
    const ran = await run(built.large.id, '--json');
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    const { large, sidecar } = built;
    expect(ran.json).toMatchObject({ good: true, recordings: [large.id], sidecars: [sidecar.id] });
    const [docking] = built.dock1.dockings;
    const records = docking?.parts.map(({ record }) => record.record) ?? [];
    expect((ran.json as { docking_records: string[] }).docking_records.sort()).toEqual([...records].sort());
    const all = await paths();
    for (const name of [
      'manifest.json',
      'manifest.json.minisig',
      'payload.age',
      'chunks.bin',
      'receipt.json',
    ])
      expect(all).toContain(`${large.id}/${name}`);
    // One of the station, and one of the store, which names the receipt.
    expect(all.filter((path) => path.endsWith('.jsonl'))).toHaveLength(2);
    expect(all.filter((path) => path.startsWith('proofs/'))).toContain(`proofs/${large.id}.store.tlog-proof`);
    expect(all.filter((path) => path.includes(built.middle.id))).toEqual([]);
    expect(await readFile(join(kit, large.id, 'payload.age'))).toEqual(
      await readFile(join(large.folder, 'payload.age')),
    );
    expect(await disclosed()).toEqual([`${large.id} az-4711`, `${sidecar.id} az-4711`].sort());
  });

  test('a sidecar that is asked for beside its recording, once', async () => {
    await withVault(async (builder) => {
      const sidecar = await builder.record({ path: '1.GPS', role: 'sidecar', sidecarOf: '1.MP4' });
      const media = await builder.record({ path: '1.MP4', sidecars: ['1.GPS'] });
      await builder.close();
      const words = ['--vault', builder.vault, '--out', kit, '--reason', 'az-1', '--json'];
      const ran = await runCommand(exportCommand, media.id, sidecar.id, ...words);
      expect(ran).toMatchObject({ exitCode: 0, json: { sidecars: [] } });
    });
  });

  test('in place of a sidecar that the store never got the one that a later docking sealed again', async () => {
    await withVault(async (builder) => {
      const lost = await builder.record({ path: '1.GPS', role: 'sidecar', sidecarOf: '1.MP4' });
      const media = await builder.record({ path: '1.MP4', sidecars: ['1.GPS'] });
      await builder.undock();
      await builder.dock();
      const again = await builder.record({
        path: '1.GPS',
        role: 'sidecar',
        sidecarOf: '1.MP4',
        supersedes: [lost.id],
      });
      await builder.close();
      await rm(lost.folder, { recursive: true });
      const words = ['--vault', builder.vault, '--out', kit, '--reason', 'az-1', '--json'];
      const ran = await runCommand(exportCommand, media.id, ...words);
      expect(ran).toMatchObject({ exitCode: 0, json: { sidecars: [again.id] } });
    });
  });

  test('no word of a loss where a sidecar has not come yet', async () => {
    await withVault(async (builder) => {
      const wish = { path: '1.GPS', role: 'sidecar', sidecarOf: '1.MP4', receipted: false } as const;
      const waiting = await builder.record(wish);
      const media = await builder.record({ path: '1.MP4', sidecars: ['1.GPS'] });
      await builder.close();
      await rm(waiting.folder, { recursive: true });
      const words = ['--vault', builder.vault, '--out', kit, '--reason', 'az-1', '--json'];
      const ran = await runCommand(exportCommand, media.id, ...words);
      expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining('docking.recording-waiting')]);
    });
  });

  test('a sidecar that came in an earlier docking, as the record of its recording’s docking names it', async () => {
    await withVault(async (builder) => {
      const sidecar = await builder.record({ path: '1.GPS', role: 'sidecar', sidecarOf: '1.MP4' });
      await builder.undock();
      await builder.dock();
      const media = await builder.record({ path: '1.MP4', sidecars: ['1.GPS'] });
      await builder.entry({
        fate: 'matched',
        path: '1.GPS',
        recording: sidecar.id,
        sizeBytes: sidecar.original.length,
      });
      await builder.close();
      const asked = [media.id, '--vault', builder.vault, '--out', kit, '--reason', 'az-1', '--json'];
      const ran = await runCommand(exportCommand, ...asked);
      expect(ran).toMatchObject({ exitCode: 0, json: { sidecars: [sidecar.id] } });
    });
  });

  test('only the keys that signed something in it, and those that a change introduces', async () => {
    await run(built.fresh.id);
    const keys = (await paths()).filter((path) => path.endsWith('.pub'));
    expect(keys).toEqual(['keys/station-dock-1.2.pub', 'keys/station-dock-1.pub', 'keys/store.pub']);
    await rm(kit, { recursive: true });
    await rm(join(root, 'keys', 'station-dock-1.2.pub'));
    const ran = await run(built.fresh.id, '--with-findings');
    expect(ran.out).toContain('key'); // the old key was revoked, so nothing vouches for the new one
    expect(await page()).toContain('named by a change of keys that the kit holds');
  });

  test('keys under names that a shell takes for one word, whatever their files are called', async () => {
    const keys = join(root, 'keys');
    await rename(join(keys, 'store.pub'), join(keys, "store Rathaus (alt) $(touch x)'.pub"));
    const ran = await run(built.large.id);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    const names = (await paths()).filter((path) => path.endsWith('.pub'));
    expect(names).toHaveLength(3);
    for (const name of names) expect(name).toMatch(/^keys\/[\w.-]+$/);
    const lines = (await checkPage(kit, 'INDEX.html')).flatMap((block) => block.lines);
    const own = names.find((name) => name.includes('store')) ?? '';
    expect(lines.some((line) => line.endsWith(`receipt.json -p ${own}`))).toBe(true);
    expect(await paths()).not.toContain('check.sh');
  });

  test('orders about a recording with the signatures of both roles, and the store’s log of them', async () => {
    await run(built.held.id);
    const all = await paths();
    const { order } = built.holdOrder.order;
    expect(all).toContain(`orders/${order}/order.json.officer.minisig`);
    expect(all).toContain(`orders/${order}/order.json.supervisor.minisig`);
    expect(all.some((path) => path.startsWith('log/r-store/'))).toBe(true);
    expect(await page('INDEX.de.html')).toContain('Anordnungen');
  });

  test('a docking that is asked for by one part of its record, whole, and discloses each part', async () => {
    const [docking] = built.dock1.dockings;
    const records = docking?.parts.map(({ record }) => record.record) ?? [];
    const ran = await run(records[1] ?? '', '--json');
    expect(ran).toMatchObject({ exitCode: 0, json: { recordings: [] } });
    expect(await disclosed()).toEqual(records.map((record) => `${record} az-4711`).sort());
    expect(await page()).toContain('3 sealed and stored');
    expect(await page()).not.toContain('nothing had been recorded');
    expect((await paths()).filter((path) => path.endsWith('payload.age'))).toEqual([]);
  });
});

test.each(['order.json', 'docking.json'])(
  'a kit whose copy of %s does not hold is not put in place',
  async (name) => {
    const files = nodeFiles();
    const failing = filesWith(files, {
      create: async (path) => {
        const file = await files.create(path);
        if (!path.endsWith(name)) return file;
        const write = (bytes: Uint8Array, at: number): Promise<void> =>
          file.write(flip(20)(Buffer.from(bytes)), at);
        return {
          write,
          read: file.read.bind(file),
          sync: file.sync.bind(file),
          sizeBytes: file.sizeBytes.bind(file),
          close: file.close.bind(file),
        };
      },
    });
    const wish = {
      vault: vault(),
      recordings: [built.held.id],
      station: undefined,
      out: kit,
      reason: 'az-1',
      keysFolder: undefined,
      withFindings: false,
      language: 'en',
    } as const;
    const ports = { files: failing, clock: nodeClock(), random: nodeRandom(), version: '0' };
    const making = makeKit(wish, { ...ports, signal: new AbortController().signal });
    await expect(making).rejects.toMatchObject({ code: 'export.copy-differs' });
    expect((await readdir(root)).sort()).toEqual(['keys', 'vault']);
  },
);

describe('both pages', () => {
  test.each([
    [{ entries: 0 }, 0, KIT_EN.empty],
    [{ entries: 2 }, 0, undefined],
    [{ entries: 0 }, 100_001, undefined],
  ])(
    'say of an inventory of %o and %i later files whether that proves an empty camera',
    (seen, later, said) => {
      const [record] = built.dock1.dockings.flatMap(({ parts }) => parts.map((part) => part.record));
      if (record?.inventory == null) throw new Error('no inventory');
      const inventory = { ...record.inventory, ...seen, complete: true };
      const document = { ...record, inventory, later, parts: 1, part: 1, entries: [] };
      const parts = [{ record: record.record, folder: '', names: [], document, receipt: undefined }];
      expect(proofText({ docking: record.docking, records: parts }, KIT_EN)).toBe(said);
    },
  );

  test('say the same lines, tell apart only their words, and hold no script and nothing from elsewhere', async () => {
    await run(built.large.id, built.held.id, built.ordered.id, built.empty.id);
    const lines = await Promise.all(PAGES.map((name) => checkPage(kit, name)));
    const [english, german] = lines.map((blocks) => blocks.filter(({ name }) => name !== 'identity'));
    expect(german).toEqual(english);
    for (const name of PAGES) {
      const html = await page(name);
      expect(html).not.toMatch(/<script|<img|<link|src=|href=|@import|url\(/);
      expect(html).not.toMatch(/\{\}|undefined|\[object/);
    }
    expect(await page('INDEX.de.html')).toContain('<html lang="de">');
  });

  test('stand there as plain text as well, line for line', async () => {
    await run(built.held.id);
    for (const [name, text] of [
      ['INDEX.html', 'README.txt'],
      ['INDEX.de.html', 'README.de.txt'],
    ] as const) {
      const plain = (await page(text)).split('\n');
      expect(plain[0]).toBe(/<h1>([^<]*)<\/h1>/.exec(await page(name))?.[1]);
      for (const { lines, expected } of await checkPage(kit, name)) {
        for (const line of lines) expect(plain).toContain(`  ${line}`);
        for (const line of expected.trimEnd().split('\n').filter(Boolean))
          expect(plain).toContain(`    ${line}`);
      }
    }
  });

  test('hold nothing that a terminal would obey, whatever a camera calls itself', async () => {
    await withVault(async (builder) => {
      const model = 'A1\u001b]0;x\u0007\u009b2J';
      const { id } = await builder.record({
        change: (manifest) => ({ ...manifest, camera: { ...manifest.camera, model } }),
      });
      await builder.close();
      const asked = [id, '--vault', builder.vault, '--out', kit, '--reason', 'az-1', '--with-findings'];
      await runCommand(exportCommand, ...asked);
      for (const name of ['README.txt', 'README.de.txt']) {
        expect(await page(name)).toContain('A1');
        expect(await page(name)).not.toMatch(/(?!\n)\p{Cc}/u);
      }
    });
  });

  test('say of a rejected, a deleted and a damaged one what it is', async () => {
    await run(built.empty.id, built.ordered.id, built.last.id, '--lang', 'de');
    const german = await page();
    for (const words of [
      'die Datei ist leer',
      'es angeordnet war',
      'stehen als Nullen darin',
      'verlor den Strom',
    ])
      expect(german).toContain(words);
    const english = await page('INDEX.en.html');
    for (const words of ['the file is empty', 'it was ordered', 'stand in it as zeros', 'lost power'])
      expect(english).toContain(words);
  });
});

describe('nothing is made, and nothing left behind,', () => {
  test.each([
    ['an altered manifest', 'manifest.json', 'manifest.signature-wrong'],
    ['an altered payload', 'payload.age', 'payload.'],
    ['an altered receipt', 'receipt.json', 'receipt.signature-wrong'],
  ])('where %s shows', async (_, file, code) => {
    await change(join(vault(), 'dock-1', built.large.id, file), flip(300));
    const ran = await run(built.large.id);
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toContain(code);
    expect(ran.out).toContain('NOT EXPORTED');
    await expectNothing();
    expect((await run(built.large.id, '--lang', 'de')).out).toContain('NICHT AUSGEGEBEN');
    await expectNothing();
    const all = await run(built.large.id, '--with-findings');
    expect(all.exitCode).toBe(1);
    for (const text of [await page(), await readFile(join(kit, 'FINDINGS.txt'), 'utf8')])
      expect(text).toContain(code);
  });

  test('where a part of its docking record is not in the vault', async () => {
    const parts = built.dock1.dockings[0]?.parts ?? [];
    const [gone] = parts.map(({ record }) => record.record).slice(-1);
    await rm(join(vault(), 'dock-1', gone ?? ''), { recursive: true });
    for (const asked of [built.large.id, parts[0]?.record.record ?? '']) {
      const ran = await run(asked);
      expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining('docking.part-missing')]);
      await expectNothing();
    }
  });

  test('where a sidecar that its manifest names is not in the vault', async () => {
    await rm(join(vault(), 'dock-1', built.sidecar.id), { recursive: true });
    const ran = await run(built.large.id);
    expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining('docking.recording-missing')]);
    await expectNothing();
  });

  test('where its log was altered, although its recording holds', async () => {
    const segment = built.dock1.segments[0] ?? '';
    const path = join(vault(), 'dock-1', 'custody', `${segment}.jsonl`);
    await change(path, flip(3000));
    const ran = await run(built.large.id);
    expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining('custody.')]);
    await expectNothing();
  });

  test.each([
    ['a recording that is not there', ['a'.repeat(26)], 1, 'neither a recording nor a docking record'],
    ['a word that is no id', ['LETTER'], 2, 'is no id'],
    ['the beginning of an id that fits none', ['aaaaaaaa'], 2, 'nothing in'],
    ['no word', [], 2, 'at least one recording'],
    ['a reason that is no code', ['a'.repeat(26), '--reason', 'Herr Meier'], 2, 'is no code'],
  ])('for %s', async (_, args, exitCode, words) => {
    const ran = await run(...args);
    expect([ran.exitCode, ran.err]).toEqual([exitCode, expect.stringContaining(words)]);
    await expectNothing();
  });

  test('without a reason, inside the vault, and over something that is there', async () => {
    const id = built.large.id;
    const plain = (...args: string[]): Promise<CommandRun> => runCommand(exportCommand, id, ...args);
    expect(await plain('--vault', vault(), '--out', kit)).toMatchObject({ exitCode: 2 });
    const inside = await plain('--vault', vault(), '--out', join(vault(), 'x'), '--reason', 'az-1');
    expect([inside.exitCode, inside.err]).toEqual([1, expect.stringContaining('inside the vault')]);
    await expectNothing();
    await symlink(vault(), join(good, 'link'));
    const behind = await plain('--vault', vault(), '--out', join(good, 'link', 'x'), '--reason', 'az-1');
    await rm(join(good, 'link'));
    expect([behind.exitCode, behind.err]).toEqual([1, expect.stringContaining('inside the vault')]);
    await expectNothing();
    await mkdir(kit);
    await writeFile(join(kit, 'letter.txt'), 'mine');
    expect(await run(id)).toMatchObject({ exitCode: 1 });
    expect(await readdir(kit)).toEqual(['letter.txt']);
    expect(await disclosed()).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)('onto a disk instead of into a folder on it', async () => {
    await mkdir(kit);
    await shell('mount', ['-t', 'tmpfs', 'tmpfs', kit]);
    try {
      const ran = await run(built.large.id);
      expect([ran.exitCode, ran.err]).toEqual([1, expect.stringContaining('where a disk is mounted')]);
    } finally {
      await shell('umount', [kit]);
    }
    await rm(kit, { recursive: true });
    await expectNothing();
  });

  test.skipIf(process.getuid?.() === 0)('where the disclosure cannot be written', async () => {
    await chmod(join(vault(), '.disclosures'), 0o500);
    const ran = await run(built.large.id);
    await chmod(join(vault(), '.disclosures'), 0o700);
    expect([ran.exitCode, ran.err]).toEqual([1, expect.stringContaining('nothing goes out')]);
    await expectNothing();
  });
});

describe('with the original', () => {
  const read = (...path: string[]): Promise<string> => readFile(join(...path), 'utf8');

  /** Makes a kit of some recordings at the store, and of that what is handed over. */
  async function handed(
    builder: VaultBuilder,
    recordings: readonly BuiltRecording[],
    ...more: readonly string[]
  ): Promise<{ readonly ran: CommandRun; readonly out: string; readonly kit: string }> {
    const [own, out] = [join(builder.root, 'sealed'), join(builder.root, 'handed')];
    const ids = recordings.map(({ id }) => id);
    const store = ['--vault', builder.vault, '--out', own, '--reason', 'az-1'];
    expect(await runCommand(exportCommand, ...ids, ...store)).toMatchObject({ exitCode: 0 });
    const identity = ['--identity', builder.identityFile, '--keys', builder.keys];
    const wish = ['--with-original', ...identity, '--out', out, '--zone', 'Europe/Berlin'];
    return { ran: await runCommand(exportCommand, own, ...wish, ...more), out, kit: own };
  }

  test('what can be played lies on top with a page in each language, and the kit below', async () => {
    await withVault(async (builder) => {
      const one = await builder.record({ path: 'DCIM/A 1.MP4', original: Buffer.from('film one') });
      await builder.close();
      const { ran, out } = await handed(builder, [one], '--reason', 'az-1');
      expect([ran.err, ran.exitCode]).toEqual(['', 0]);
      const names = ['A 1.MP4', 'BESCHEINIGUNG.html', 'CERTIFICATE.html', 'SHA256SUMS', 'proof'];
      expect((await readdir(out)).toSorted()).toEqual(names);
      expect(await read(out, 'A 1.MP4')).toBe('film one');
      await shell('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out });
      expect(await read(out, 'SHA256SUMS')).toContain('  A 1.MP4\n');
      expect(await read(out, 'proof', one.id, 'manifest.json')).toBe(
        Buffer.from(one.manifestBytes).toString(),
      );
      for (const name of ['BESCHEINIGUNG.html', 'CERTIFICATE.html'])
        for (const fact of [one.manifest.original.sha256, one.id, 'az-1', 'Europe/Berlin'])
          expect((await read(out, name)).replaceAll('<wbr>', '')).toContain(fact);
    });
  });

  test('several have folders of their own, since cameras give names twice', async () => {
    await withVault(async (builder) => {
      const one = await builder.record({ path: 'A.MP4', original: Buffer.from('one') });
      const two = await builder.record({ path: 'B/A.MP4', original: Buffer.from('two') });
      await builder.close();
      const { ran, out } = await handed(builder, [one, two]);
      expect(ran).toMatchObject({ exitCode: 0 });
      expect(await read(out, one.id, 'A.MP4')).toBe('one');
      expect(await read(out, two.id, 'A.MP4')).toBe('two');
      expect((await read(out, 'CERTIFICATE.html')).replaceAll('<wbr>', '')).toContain(`${two.id}/A.MP4`);
    });
  });

  test('the page certifies a recording, with the files that accompany it', async () => {
    await withVault(async (builder) => {
      const wish = { path: 'A.GPS', role: 'sidecar', sidecarOf: 'A.MP4' } as const;
      const sidecar = await builder.record({ ...wish, original: Buffer.from('gps') });
      const one = await builder.record({ path: 'A.MP4', original: Buffer.from('film') });
      await builder.close();
      const { ran, out } = await handed(builder, [one, sidecar]);
      expect(ran.out).toContain('recordings to play: 1, with');
      expect((await readdir(out)).toSorted().slice(0, 3)).toEqual(['A.GPS', 'A.MP4', 'BESCHEINIGUNG.html']);
      const page = await read(out, 'CERTIFICATE.html');
      expect(page.match(/Recording [a-z2-7]{26}/g)).toEqual([`Recording ${one.id}`]);
      const text = page.replaceAll('<wbr>', '');
      expect(text.slice(text.indexOf('Accompanying'))).toContain(sidecar.manifest.original.sha256);
    });
  });

  test('nothing is opened of a kit in which something does not hold', async () => {
    await withVault(async (builder) => {
      const one = await builder.record({ path: 'A.MP4', original: Buffer.from('one') });
      await builder.close();
      const { kit: own, out } = await handed(builder, [one]);
      const again = ['--with-original', '--identity', builder.identityFile, '--keys', builder.keys];
      const taken = await runCommand(exportCommand, own, ...again, '--out', out);
      expect([taken.exitCode, taken.err]).toEqual([1, expect.stringContaining('not an empty folder')]);
      await change(join(own, one.id, 'receipt.json'), flip(30));
      const other = join(builder.root, 'other');
      expect(await runCommand(exportCommand, own, ...again, '--out', other)).toMatchObject({ exitCode: 1 });
      await expect(readdir(other)).rejects.toThrow('ENOENT');
    });
  });

  test('it wants a kit and an identity', async () => {
    const refused = async (...args: string[]): Promise<string> =>
      (await runCommand(exportCommand, ...args, '--with-original', '--out', kit)).err;
    expect(await refused(vault())).toContain('--identity FILE');
    expect(await refused(vault(), '--identity', built.dock1.identityFile)).toContain(
      'is no kit, it is a vault',
    );
    expect(await refused(vault(), '--vault', vault())).toContain('--vault');
  });
});
