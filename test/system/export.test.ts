// What a court's expert does with a kit: exactly the lines of its pages, in a shell that has nothing but minisign, age and coreutils.
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toolFolder, typeBlocks, type ShownBlock } from '../fakes/clean-shell.ts';
import { checkPage, PAGES, type PageBlock } from '../fakes/kit-page-lines.ts';
import { buildEvidenceVault, type EvidenceVault } from '../fakes/manipulations/evidence-vault.ts';
import { BODYDOCK, runProgram, type CommandOutcome } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

let root: string;
let tools: string;
let built: EvidenceVault;
let identity: string;
/** A vault that real processes made: one camera with a recording and its sidecar, one with nothing. */
let real: string;

const lacking = lacksTools('minisign', 'age', 'sha256sum', 'basenc', 'bash');

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-kit-'));
  if (lacking) return;
  tools = await toolFolder(root);
  await mkdir(join(root, 'evidence'));
  built = await buildEvidenceVault(join(root, 'evidence'));
  identity = built.dock1.identityFile;
  const card = join(root, 'card');
  await mkdir(join(card, 'DCIM'), { recursive: true });
  await mkdir(join(root, 'empty-card'));
  await writeFile(join(card, 'DCIM', 'Streife \u001b[31m 1.MP4'), seededRandom(3).bytes(1_200_000));
  await writeFile(join(card, 'DCIM', 'Streife \u001b[31m 1.GPS'), 'here');
  real = join(root, 'real');
  // Ends with code 3: a name with a control character is odd.
  const cameras = ['--camera', card, '--camera', join(root, 'empty-card')];
  const first = await runProgram(BODYDOCK, ['first-run', ...cameras, '--out', real]);
  if (first.exitCode !== 3) throw new Error(`no vault: ${first.stdout}${first.stderr}`);
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

let kits = 0;
/** Exports into a new folder. */
async function exported(
  vault: string,
  ...args: string[]
): Promise<{ readonly kit: string; readonly outcome: CommandOutcome }> {
  const kit = join(root, `kit-${++kits}`);
  const common = ['--vault', vault, '--out', kit, '--reason', 'az-4711'];
  return { kit, outcome: await runProgram(BODYDOCK, ['export', ...args, ...common]) };
}

async function evidenceKit(...recordings: { readonly id: string }[]): Promise<string> {
  const { kit, outcome } = await exported(built.dock1.vault, ...recordings.map(({ id }) => id));
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return kit;
}

/** Types a page into a clean shell, with an identity. */
async function typed(kit: string, blocks: readonly PageBlock[], key = identity): Promise<ShownBlock[]> {
  const lines = blocks.map(({ name, lines: own }) => ({
    name,
    lines: name === 'identity' ? [`IDENTITY=${key}`] : own,
  }));
  return typeBlocks(tools, kit, lines);
}

/** True where every line was run and ended well, and each block showed what the page says. */
function holds(blocks: readonly PageBlock[], shown: readonly ShownBlock[]): boolean {
  return blocks.every(({ name, lines, expected }, at) => {
    const seen = shown[at];
    const ended = seen?.exitCodes.length === lines.length && seen.exitCodes.every((code) => code === 0);
    if (!ended) return false;
    return name === 'name' ? seen.out.startsWith(expected) : seen.out === expected;
  });
}

/** Types the pages of both languages; everything must be as they say. */
async function expectGood(kit: string, key = identity): Promise<ShownBlock[]> {
  let last: ShownBlock[] = [];
  for (const page of PAGES) {
    const blocks = await checkPage(kit, page);
    last = await typed(kit, blocks, key);
    const shown = last.map(({ name, out, exitCodes }) => ({ name, out, exitCodes }));
    expect(shown, page).toEqual(
      blocks.map(({ name, lines, expected }) => ({
        name,
        out: name === 'name' ? (expect.stringContaining(expected) as string) : expected,
        exitCodes: lines.map(() => 0),
      })),
    );
    expect(holds(blocks, last)).toBe(true);
    await removeOpened(kit);
  }
  return last;
}

async function removeOpened(kit: string): Promise<void> {
  const names = await readdir(kit);
  for (const name of names.filter((each) => /^[a-z2-7]{26}\./.test(each))) await rm(join(kit, name));
}

describe.skipIf(lacking)('the lines of both pages, typed in a clean shell, show what the pages say:', () => {
  test('one recording of real processes, whose sidecar and docking come with it', async () => {
    const [id] = await recordingsOf(real, 'media');
    const { kit, outcome } = await exported(join(real, 'vault'), id ?? '');
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    const shown = await expectGood(kit, join(real, 'keys', 'store.identity'));
    const name = shown.find((block) => block.name === 'name')?.out ?? '';
    expect(name).toContain('DCIM/Streife ?[31m 1.MP4');
    const names = await readdir(kit);
    expect(names.filter((each) => /^[a-z2-7]{26}$/.test(each))).toHaveLength(3);
  });

  test('several, of two stations, with a changed key, a damaged one, and orders', async () => {
    const kit = await evidenceKit(built.large, built.fresh, built.last, built.held, built.measured);
    const kinds = (await checkPage(kit, 'INDEX.html')).map(({ name }) => name);
    for (const kind of ['keyDocuments', 'orders', 'original']) expect(kinds).toContain(kind);
    await expectGood(kit);
  });

  test('a rejected one: an empty file is opened and compared like any other', async () => {
    await expectGood(await evidenceKit(built.empty));
  });

  test('a deleted one: its documents, its deletion record and the store’s log', async () => {
    const kit = await evidenceKit(built.ordered);
    const kinds = (await checkPage(kit, 'INDEX.html')).map(({ name }) => name);
    expect(kinds).toContain('deletion');
    expect(kinds).not.toContain('original');
    await expectGood(kit);
  });

  test('a day without recordings: the record of a docking with nothing on the camera', async () => {
    const record = await emptyDocking(real);
    const { kit, outcome } = await exported(join(real, 'vault'), record);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readFile(join(kit, 'INDEX.html'), 'utf8')).toContain('The camera held no file at all');
    expect(await readFile(join(kit, 'INDEX.de.html'), 'utf8')).toContain('war keine einzige Datei');
    const kinds = (await checkPage(kit, 'INDEX.html')).map(({ name }) => name);
    // That of the station, and that of the store, which names the receipt.
    expect(kinds).toEqual(['before', 'sums', 'docking', 'log', 'log']);
    await expectGood(kit);
  });
});

describe.skipIf(lacking)('one bit turned around', () => {
  test('in any file of a kit makes a line of the page fail', async () => {
    const kit = await evidenceKit(built.held);
    const blocks = await checkPage(kit, 'INDEX.html');
    for (const file of await filesOf(kit)) {
      const undo = await flip(join(kit, file), 0.5);
      expect({ file, good: holds(blocks, await typed(kit, blocks)) }).toEqual({ file, good: false });
      await undo();
      await removeOpened(kit);
    }
    expect(holds(blocks, await typed(kit, blocks))).toBe(true);
  });

  test('in any document, signature, key, sealed byte or log line shows, although somebody made SHA256SUMS anew', async () => {
    const kit = await evidenceKit(built.held, built.ordered);
    const blocks = await checkPage(kit, 'INDEX.html');
    // No stock command reads an inclusion proof; unit/evidence/kit/altered-kits has verify find each bit of these.
    const evidence = (await filesOf(kit)).filter((file) => file.includes('/') && !file.startsWith('proofs/'));
    expect(evidence.length).toBeGreaterThan(30);
    for (const file of evidence) {
      // Not the first line of a signature or key, which nobody signs, nor what of a log stands after its last signed point.
      const undo = await flip(join(kit, file), /\.(?:minisig|pub)$/.test(file) ? 0.7 : 0.4);
      await writeSums(kit);
      const shown = await typed(kit, blocks);
      expect({ file, sums: shown[2]?.out, good: holds(blocks, shown) }).toEqual({
        file,
        sums: 'every file is as it was exported\n',
        good: false,
      });
      await undo();
      await removeOpened(kit);
    }
  });
});

describe.skipIf(lacking)('what does not hold', () => {
  test('is not exported, or only with its findings on both pages and in the kit', async () => {
    const broken = join(root, 'broken');
    await cp(join(root, 'evidence'), broken, { recursive: true });
    const vault = join(broken, 'vault');
    await flip(join(vault, 'dock-1', built.large.id, 'payload.age'), 0.9);
    const disclosures = await readdir(join(vault, '.disclosures'));
    const refused = await exported(vault, built.large.id);
    expect(refused.outcome.exitCode).toBe(1);
    expect(refused.outcome.stdout).toContain('NOT EXPORTED');
    await expect(readdir(refused.kit)).rejects.toThrow();
    expect(await readdir(join(vault, '.disclosures'))).toEqual(disclosures);
    const { kit, outcome } = await exported(vault, built.large.id, '--with-findings');
    expect(outcome.exitCode).toBe(1);
    expect(await readdir(join(vault, '.disclosures'))).toHaveLength(disclosures.length + 2); // and its sidecar
    expect(await readFile(join(kit, 'FINDINGS.txt'), 'utf8')).toContain('payload.');
    expect(await readFile(join(kit, 'INDEX.html'), 'utf8')).toContain('NOT EVERYTHING IN THIS KIT HOLDS');
    expect(await readFile(join(kit, 'INDEX.de.html'), 'utf8')).toContain(
      'NICHT ALLES IN DIESER AUSGABE STIMMT',
    );
    const blocks = await checkPage(kit, 'INDEX.html');
    const shown = await typed(kit, blocks);
    expect(shown.at(-1)?.name).toBe('sealed');
    expect(holds(blocks, shown)).toBe(false);
  });
});

async function recordingsOf(out: string, role: string): Promise<string[]> {
  const station = join(out, 'vault', 'first-run');
  const found: string[] = [];
  for (const name of await readdir(station)) {
    const manifest = await readFile(join(station, name, 'manifest.json'), 'utf8').catch(() => '{}');
    if ((JSON.parse(manifest) as { role?: string }).role === role) found.push(name);
  }
  return found;
}

async function emptyDocking(out: string): Promise<string> {
  const station = join(out, 'vault', 'first-run');
  for (const name of await readdir(station)) {
    const record = await readFile(join(station, name, 'docking.json'), 'utf8').catch(() => '{}');
    if ((JSON.parse(record) as { entries?: unknown[] }).entries?.length === 0) return name;
  }
  throw new Error('no docking with nothing on its camera');
}

/** All files, sorted, with `/` between the parts of their paths. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Turns the lowest bit of the byte at that share of a file; gives what turns it back. */
async function flip(path: string, share: number): Promise<() => Promise<void>> {
  const before = await readFile(path);
  const after = Buffer.from(before);
  const at = Math.floor(before.length * share);
  after[at] = (after[at] ?? 0) ^ 1;
  await writeFile(path, after);
  return () => writeFile(path, before);
}

async function writeSums(kit: string): Promise<void> {
  const files = (await filesOf(kit)).filter((file) => file !== 'SHA256SUMS');
  const sums = await Promise.all(
    files.map(async (file) => {
      const digest = createHash('sha256')
        .update(await readFile(join(kit, file)))
        .digest('hex');
      return `${digest}  ${file}\n`;
    }),
  );
  await writeFile(join(kit, 'SHA256SUMS'), sums.join(''));
}
