// What `bodydock custody` tells of a recording that two real processes took and erased, against what is known without it: what was put on
// the camera, when, what lies in the vault, and what the key files say.
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { History, Step } from '../../agent/evidence/history/history.ts';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { BODYDOCK, runProgram, type CommandOutcome } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { until } from '../fakes/until.ts';

const original = seededRandom(71).bytes(1_300_000);
const other = seededRandom(72).bytes(40_000);
let rig: DockRig;
/** The recording of `original`. */
let recording: string;
let startedAt: string;
let stoppedAt: string;

beforeAll(async () => {
  rig = await DockRig.open();
  await rig.put(1, 'DCIM/KOD_0001.MP4', original);
  await rig.put(1, 'DCIM/KOD_0002.MP4', other);
  startedAt = new Date().toISOString();
  await rig.start();
  await rig.untilBay(
    1,
    'both erased, and their absence confirmed',
    60_000,
    (bay) => bay.entries_erased === 2,
  );
  await rig.takeOut();
  await until(
    'the docking record in the vault',
    30_000,
    async () => (await rig.receiptedDockings()).length > 0,
  );
  recording = await recordingOf(original);
  const opened = await runProgram(BODYDOCK, [
    'open',
    join(rig.vault, STATION, recording),
    '--identity',
    rig.identityFile,
    '--reason',
    'case-4711',
    '--out',
    join(rig.folder, 'opened'),
  ]);
  if (opened.exitCode !== 0) throw new Error(opened.stdout + opened.stderr);
  await until('the opening in the log of the store', 90_000, async () =>
    (await storeLog()).includes('"event":"disclosed"'),
  );
  await rig.stop();
  stoppedAt = new Date().toISOString();
}, 200_000);
afterAll(() => rig.close());

/** Found by the digest of what lies in the manifests, not by the command. */
async function recordingOf(bytes: Uint8Array): Promise<string> {
  for (const name of await rig.receipted()) {
    const text = await readFile(join(rig.vault, STATION, name, 'manifest.json'), 'utf8');
    if (text.includes(sha256(bytes))) return name;
  }
  throw new Error('no manifest names the bytes that were put on the camera');
}

async function storeLog(): Promise<string> {
  const folder = join(rig.vault, 'r-archive', 'custody');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The id in a public key file, as minisign prints it byte by byte. */
async function keyIdIn(file: string): Promise<string> {
  const line = (await readFile(join(rig.keys, file), 'utf8')).split('\n')[1] ?? '';
  return Buffer.from(line, 'base64').subarray(2, 10).toString('hex');
}

function custody(...args: readonly string[]): Promise<CommandOutcome> {
  return runProgram(BODYDOCK, ['custody', ...args]);
}

async function historyOf(...args: readonly string[]): Promise<History> {
  const { stdout } = await custody(...args, '--json');
  return JSON.parse(stdout) as History;
}

function one(history: History, event: string): Step {
  const found = history.steps.filter((step) => step.event === event && step.facts['recording'] !== null);
  const [first] = found;
  if (first === undefined) throw new Error(`no step ${event}`);
  return first;
}

describe('the life of a recording that two processes took', () => {
  test('names camera, bay, times, digests, receipt and who erased it, and the store confirms each', async () => {
    const history = await historyOf('DCIM/KOD_0001.MP4', '--vault', rig.vault);
    expect({ good: history.good, findings: history.findings }).toEqual({ good: true, findings: [] });
    expect(history.subject).toEqual({ kind: 'recording', id: recording, station: STATION });
    const folder = join(rig.vault, STATION, recording);
    expect(one(history, 'docked').facts).toMatchObject({ camera: 'cam-1', bay: 'bay-1' });
    expect(one(history, 'pulled').facts).toMatchObject({
      sha256: sha256(original),
      size_bytes: original.length,
    });
    expect(one(history, 'sealed').facts['chunks_sha256']).toBe(
      sha256(await readFile(join(folder, 'chunks.bin'))),
    );
    expect(one(history, 'spooled').facts['manifest_sha256']).toBe(
      sha256(await readFile(join(folder, 'manifest.json'))),
    );
    expect(one(history, 'receipted').facts).toMatchObject({
      receiver: 'r-archive',
      receipt_sha256: sha256(await readFile(join(folder, 'receipt.json'))),
    });
    expect(one(history, 'erased').keeper).toBe(STATION);
    const times = history.steps.filter(({ keeper }) => keeper === STATION).map(({ at }) => at);
    expect(times.toSorted()).toEqual(times);
    expect(times.every((at) => startedAt <= at && at <= stoppedAt)).toBe(true);
    const stationKey = await keyIdIn('station.pub');
    for (const event of ['docked', 'pulled', 'spooled', 'receipted', 'erased', 'undocked'])
      expect([event, one(history, event)]).toMatchObject([event, { proof: 'confirmed' }]);
    expect(new Set(history.steps.map(({ key_id: id }) => id?.toLowerCase()))).toEqual(
      new Set([stationKey, await keyIdIn('store.pub')]),
    );
  });

  test('tells the opening with its reason, who entered it, and nothing of the other recording', async () => {
    const { stdout } = await custody(recording, '--vault', rig.vault, '--json');
    const history = JSON.parse(stdout) as History;
    expect(one(history, 'disclosed')).toMatchObject({
      keeper: 'r-archive',
      proof: 'signed',
      facts: { command: 'open', reason: 'case-4711' },
    });
    expect(stdout).not.toContain(sha256(other));
    const neighbour = await recordingOf(other);
    expect(history.steps.filter(({ facts }) => facts['recording'] === neighbour)).toEqual([]);
  });

  test.each(['en', 'de'])(
    'stands on a page that needs nothing else, and in the text, in language %s',
    async (language) => {
      const args = [recording, '--vault', rig.vault, '--language', language];
      const page = await custody(...args, '--format', 'html');
      const text = await custody(...args);
      expect([page.exitCode, text.exitCode, page.stderr, text.stderr]).toEqual([0, 0, '', '']);
      const size = new Intl.NumberFormat(language).format(original.length);
      for (const { stdout } of [page, text])
        for (const part of ['cam-1', 'bay-1', STATION, 'r-archive', 'case-4711', sha256(original), size])
          expect(stdout.replaceAll('<wbr>', '')).toContain(part);
      expect(page.stdout).not.toMatch(/<script|<link|<img|\s(?:src|href|on\w+)=/i);
      expect(page.stdout).not.toContain('KOD_0001');
    },
  );

  test('is told on the station itself, with its own file alone', async () => {
    const history = await historyOf(recording.slice(0, 10), '--config', rig.stationFile);
    expect({ good: history.good, place: history.place.kind }).toEqual({ good: true, place: 'spool' });
    expect(one(history, 'pulled').facts['sha256']).toBe(sha256(original));
    expect(one(history, 'erased')).toMatchObject({ keeper: STATION, proof: 'confirmed' });
    expect(history.steps.some(({ event }) => event === 'disclosed')).toBe(false);
  });

  test('is there from the log alone, without any document', async () => {
    const alone = join(rig.folder, 'alone');
    await mkdir(join(alone, 'vault', STATION), { recursive: true });
    await cp(join(rig.vault, 'vault.json'), join(alone, 'vault', 'vault.json'));
    await cp(join(rig.vault, STATION, 'custody'), join(alone, 'vault', STATION, 'custody'), {
      recursive: true,
    });
    await cp(join(rig.keys), join(alone, 'keys'), { recursive: true });
    const { stdout } = await custody(sha256(original), '--vault', join(alone, 'vault'));
    const receipt = sha256(await readFile(join(rig.vault, STATION, recording, 'receipt.json')));
    for (const part of ['cam-1', 'bay-1', sha256(original), receipt, `by station ${STATION}`])
      expect(stdout).toContain(part);
    expect(stdout).not.toContain('ONLY CLAIMED (');
  });
});
