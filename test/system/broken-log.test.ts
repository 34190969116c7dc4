// A station whose custody log or spool was damaged while it was off: it says where, goes on in a new segment, keeps pulling and deletes
// nothing; and anybody who verifies spool or vault afterwards is told the same place.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { custody } from '../../agent/cli/custody.ts';
import type { History } from '../../agent/evidence/history/history.ts';
import { verifyFolder } from '../../agent/evidence/verify/verify-place.ts';
import type { Remark } from '../../agent/evidence/verify/remark.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { encodePublicKey, publicKeyOf } from '../../protocol/documents/minisign.ts';
import { FixedClockSource } from '../fakes/clock-source-fixed.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';
import { runCommand } from '../unit/cli/io-memory.ts';

/** The machine's clock, whose wall time can be set. */
class JumpingClock implements Clock {
  readonly #clock = nodeClock();
  aheadMs = 0;

  wallMs(): number {
    return this.#clock.wallMs() + this.aheadMs;
  }
  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }
  after(ms: number, call: () => void): () => void {
    return this.#clock.after(ms, call);
  }
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }
}

const DAY_MS = 86_400_000;
let dock: DockAndStore;
let clock: JumpingClock;
beforeEach(async () => {
  clock = new JumpingClock();
  dock = await DockAndStore.open({ release: 'never', clock, clockSource: new FixedClockSource(true) });
  await mkdir(join(dock.folder, 'keys'));
  await writeFile(join(dock.folder, 'keys', 'station.pub'), encodePublicKey(publicKeyOf(dock.stationKey)));
  await writeFile(join(dock.folder, 'keys', 'store.pub'), encodePublicKey(publicKeyOf(dock.storeKey)));
  await dock.startReceiver();
});
afterEach(() => dock.close());

const log = (...names: string[]): string => join(dock.folder, 'spool', 'custody', ...names);
const vaultLog = (): string => join(dock.folder, 'vault', STATION, 'custody');

async function segmentsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).split('\n').slice(0, -1);
}

async function entriesIn(folder: string): Promise<CustodyEntry[]> {
  const texts = await Promise.all(
    (await segmentsIn(folder)).map((id) => linesOf(join(folder, `${id}.jsonl`))),
  );
  return texts.flat().flatMap((line) => {
    try {
      return [parseCustodyEntry(encodeUtf8(line))];
    } catch {
      return []; // a line that a test broke
    }
  });
}

/** One run of the agent in which a file became receipted; gives the segment that it wrote. */
async function day(file: string): Promise<string> {
  const before = new Set(await segmentsIn(log()));
  await dock.startStation();
  dock.camera.put(file, Buffer.from(`film of ${file}`));
  await dock.until(`${file} receipted`, async () => {
    const paths = (await dock.vault()).map(({ path }) => path);
    return paths.includes(file) && dock.bay()['entries'] === dock.bay()['entries_receipted'];
  });
  const segment = (await segmentsIn(log())).find((id) => !before.has(id));
  if (segment === undefined) throw new Error('no segment of this run');
  await dock.until('its log in the vault', async () => {
    const [ours, theirs] = await Promise.all(
      [log(), vaultLog()].map((folder) =>
        readFile(join(folder, `${segment}.jsonl`)).catch(() => Buffer.alloc(0)),
      ),
    );
    return ours?.length === theirs?.length;
  });
  await dock.stopStation();
  return segment;
}

async function findingsIn(place: 'spool' | 'vault'): Promise<Remark[]> {
  const found: Remark[] = [];
  const options = {
    files: nodeFiles(),
    keysFolder: join(dock.folder, 'keys'),
    identities: [],
    nowMs: clock.wallMs(),
    signal: new AbortController().signal,
  };
  await verifyFolder(join(dock.folder, place), options, {
    recording: ({ remarks }) => void found.push(...remarks),
    docking: ({ remarks }) => void found.push(...remarks),
    remark: (remark) => void found.push(remark),
  });
  return found.filter(({ kind }) => kind === 'finding');
}

/** Nothing is found in the vault. The store begins its log with its first event, which comes in some of these lives only. */
async function expectGoodVault(): Promise<void> {
  const found = await findingsIn('vault');
  expect(found.filter(({ code }) => code !== 'store-log.none')).toEqual([]);
}

/** What is done to the lines of an ended segment; `at` is the number of the entry from which on the chain does not hold. */
const BREAKS: readonly { name: string; code: string; act: (lines: string[], at: number) => string[] }[] = [
  {
    name: 'changed',
    code: 'custody.entry-altered',
    act: (lines, at) =>
      lines.map((line, index) => (index === at - 1 ? line.replace('"at":"20', '"at":"21') : line)),
  },
  {
    name: 'missing',
    code: 'custody.entry-missing',
    act: (lines, at) => lines.filter((_, index) => index !== at - 1),
  },
  {
    name: 'there twice',
    code: 'custody.entry-doubled',
    act: (lines, at) => lines.flatMap((line, index) => (index === at - 1 ? [line, line] : [line])),
  },
  {
    name: 'swapped with the next one',
    code: 'custody.entry-missing',
    act: (lines, at) => [
      ...lines.slice(0, at - 1),
      lines[at] ?? '',
      lines[at - 1] ?? '',
      ...lines.slice(at + 1),
    ],
  },
];
const AT = 5;

describe('an entry in the middle of an ended segment that is', () => {
  test.each(BREAKS)(
    '$name: the next start names the place, calls somebody and goes on, and the verifier names it too',
    async ({ code, act }) => {
      const broken = await day('a.mp4');
      const path = log(`${broken}.jsonl`);
      await writeFile(path, `${act(await linesOf(path), AT).join('\n')}\n`);
      await rm(`${path}.minisig`);
      await rm(join(dock.folder, 'spool', 'ledger.jsonl'));

      await dock.startStation();
      await dock.until('the condition', () => dock.conditions.isRaised('custody.chain-broken'));
      dock.camera.put('b.mp4', Buffer.from('film of b'));
      await dock.until('b receipted', async () =>
        (await dock.vault()).some(({ path: each }) => each === 'b.mp4'),
      );
      await dock.stopStation();

      const noted = (await entriesIn(log())).filter(({ event }) => event === 'chain-broken');
      expect(noted).toHaveLength(1);
      const sequence = Number(noted[0]?.facts['sequence']);
      expect(noted[0]?.facts['segment']).toBe(broken);
      expect(sequence).toBeGreaterThanOrEqual(AT - 1);
      expect(sequence).toBeLessThanOrEqual(AT + 1);
      const found = (await findingsIn('spool')).filter(({ where }) => where === `custody/${broken}.jsonl`);
      const places = found.filter((each) => each.code === code);
      expect(places.map(({ message }) => message).join(' ')).toMatch(
        new RegExp(`entry (?:${AT}|${AT + 1})\\b`),
      );
    },
  );
});

test('a last entry that was torn is cut off, the log goes on, and nothing is found but that', async () => {
  const torn = await day('a.mp4');
  const path = log(`${torn}.jsonl`);
  await writeFile(path, `${await readFile(path, 'utf8')}{"at":"2026-11-2`);
  await rm(`${path}.minisig`);
  await rm(join(dock.folder, 'spool', 'ledger.jsonl'));
  await day('b.mp4');
  expect(dock.conditions.isRaised('custody.chain-broken')).toBe(false);
  expect(dock.log.lines.some((line) => JSON.stringify(line).includes(torn))).toBe(true);
  expect((await readFile(path, 'utf8')).endsWith('}\n')).toBe(true);
  expect(await findingsIn('spool')).toEqual([]);
  await expectGoodVault();
});

test('a spool that is gone while the log is there is recognised, named recording by recording, and taken again', async () => {
  await day('a.mp4');
  const { recording } = (await dock.vault())[0]?.manifest ?? {};
  await dock.stopReceiver();
  await dock.startStation();
  dock.camera.put('b.mp4', Buffer.from('film of b'));
  await dock.until(
    'b spooled',
    async () => (await readdir(join(dock.folder, 'spool', 'ready'))).length === 2,
  );
  const ready = await readdir(join(dock.folder, 'spool', 'ready'));
  const lost = ready.find((name) => name !== recording);
  await dock.stopStation();
  for (const name of ['ready', 'released', 'index.jsonl'])
    await rm(join(dock.folder, 'spool', name), { recursive: true, force: true });

  await dock.startReceiver();
  await dock.startStation();
  await dock.until('the condition', () => dock.conditions.isRaised('spool.recordings-lost'));
  expect(dock.conditions.facts('spool.recordings-lost')).toMatchObject({ recordings: 1, first: lost });
  await dock.until('b receipted', async () => (await dock.vault()).some(({ path }) => path === 'b.mp4'));
  await dock.stopStation();
  const found = (await entriesIn(log())).filter(({ event }) => event === 'difference-found');
  expect(found.map(({ facts }) => [facts['difference'], facts['subject']])).toEqual([['spool-lost', lost]]);
  expect(dock.camera.files()).toHaveLength(2); // nothing was erased for it
});

test('the life of a recording says where the log around it is broken, and what is still proven', async () => {
  const broken = await day('a.mp4');
  const [kept] = await dock.vault();
  const path = log(`${broken}.jsonl`);
  const lines = await linesOf(path);
  const at = lines.findIndex((line) => line.includes('"event":"pulled"'));
  await writeFile(
    path,
    `${lines.map((line, index) => (index === at ? line.replace('"at":"20', '"at":"21') : line)).join('\n')}\n`,
  );
  const args = [
    kept?.manifest.recording ?? '',
    '--spool',
    join(dock.folder, 'spool'),
    '--keys',
    join(dock.folder, 'keys'),
  ];
  const { json, exitCode } = await runCommand(custody, ...args, '--json');
  const history = json as History;
  expect(exitCode).toBe(1);
  const worth = history.steps.map(({ event, proof }) => [event, proof]);
  expect(worth).toContainEqual(['docked', 'signed']); // the store's heads stand behind the break
  expect(worth).toContainEqual(['pulled', 'claimed']);
  expect(worth).toContainEqual(['spooled', 'confirmed']);
  const told = await runCommand(custody, ...args, '--language', 'de');
  expect(told.out).toContain('DAS VERWAHRPROTOKOLL IST UNTERBROCHEN');
  expect(told.out).toContain(`custody/${broken}.jsonl`);
});

test('segments that went by their age leave a spool and a vault in which everything verifies, and lives go on from there', async () => {
  const first = await day('a.mp4');
  const second = await day('b.mp4');
  expect(await findingsIn('spool')).toEqual([]);
  clock.aheadMs = 800 * DAY_MS;
  await dock.startStation();
  await dock.until('both old segments dropped', async () => {
    const left = await segmentsIn(log());
    return !left.includes(first) && !left.includes(second);
  });
  dock.camera.put('c.mp4', Buffer.from('film of c'));
  await dock.until('c receipted', async () => (await dock.vault()).some(({ path }) => path === 'c.mp4'));
  await dock.until('the log in the vault', async () => {
    const dropped = (await entriesIn(vaultLog())).filter(({ event }) => event === 'segment-dropped');
    return dropped.length === 2;
  });
  await dock.stopStation();

  const dropped = (await entriesIn(log())).filter(({ event }) => event === 'segment-dropped');
  expect(dropped.map(({ facts }) => facts['segment'])).toEqual([first, second]);
  expect(await segmentsIn(vaultLog())).toEqual(expect.arrayContaining([first, second]));
  expect(await findingsIn('spool')).toEqual([]);
  await expectGoodVault();

  const args = ['--keys', join(dock.folder, 'keys'), '--json'];
  const c = (await dock.vault()).find(({ path }) => path === 'c.mp4')?.manifest.recording ?? '';
  const a = (await dock.vault()).find(({ path }) => path === 'a.mp4')?.manifest.recording ?? '';
  const here = await runCommand(custody, c, '--spool', join(dock.folder, 'spool'), ...args);
  const history = here.json as History;
  expect({ exitCode: here.exitCode, findings: history.findings }).toEqual({ exitCode: 0, findings: [] });
  expect(history.logs).toMatchObject([{ from_the_start: false }]);
  expect(history.steps.find(({ event }) => event === 'pulled')?.proof).toBe('confirmed');
  const store = await runCommand(custody, a, '--vault', join(dock.folder, 'vault'), ...args);
  expect((store.json as History).steps.find(({ event }) => event === 'pulled')?.proof).toBe('confirmed');
});
