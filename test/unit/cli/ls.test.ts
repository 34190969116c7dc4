// `bodydock ls`: what is listed of a vault, in which order, by which filters, in both languages.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listCommand } from '../../../agent/cli/ls.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { type BuiltRecording, VaultBuilder } from '../../fakes/vault-builder.ts';
import { change, flip } from '../evidence/verify/broken-vault.ts';
import { exchange, put, RECEIVER, withFolder } from '../config/files.ts';
import { type CommandRun, runCommand } from './io-memory.ts';

interface Listed {
  readonly recordings: readonly {
    readonly recording: string;
    readonly short: string;
    readonly state: string;
    readonly until: string | null;
    readonly made_earliest_at: string | null;
    readonly made_basis: string | null;
  }[];
  readonly vault: { readonly recordings: number; readonly other_files: number };
  readonly unproven: readonly string[];
}

let root: string;
let builder: VaultBuilder;
let built: Record<'early' | 'late' | 'claimed' | 'held' | 'deleted' | 'sidecar' | 'waiting', BuiltRecording>;

/** Made between two instants. */
function madeAt(from: string, to = from, basis: Manifest['capture']['basis'] = 'clock-measured') {
  return (manifest: Manifest): Manifest => ({
    ...manifest,
    capture: { earliest_at: from, latest_at: to, basis },
  });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-ls-'));
  builder = await VaultBuilder.create(root);
  const late = await builder.record({ path: 'L.MP4', change: madeAt('2026-11-24T21:41:30.000Z') });
  const early = await builder.record({ path: 'E.MP4', change: madeAt('2026-11-23T23:30:00.000Z') });
  const sidecar = await builder.record({ path: 'E.GPS', role: 'other' });
  const held = await builder.record({
    path: 'H.MP4',
    change: madeAt('2026-11-22T08:00:00.000Z', '2026-11-23T07:00:00.000Z', 'docking-interval'),
  });
  const claimed = await builder.record({
    path: 'C.MP4',
    camera: 'cam-2',
    change: (manifest) => ({
      ...manifest,
      capture: { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' },
      original: { ...manifest.original, modified_at: '2026-11-21T10:00:00.000Z' },
    }),
  });
  const deleted = await builder.record({ path: 'D.MP4', change: madeAt('2026-11-20T10:00:00.000Z') });
  const waiting = await builder.record({
    path: 'W.MP4',
    receipted: false,
    change: madeAt('2026-11-26T10:00:00.000Z'),
  });
  await builder.restart();
  await builder.orders.give(held, { verb: 'hold', reason: 'court' });
  await builder.receiver.delete(deleted);
  built = { early, late, claimed, held, deleted, sidecar, waiting };
  await builder.close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

function run(...more: readonly string[]): Promise<CommandRun> {
  return runCommand(listCommand, builder.vault, '--zone', 'Europe/Berlin', ...more);
}

async function listed(...more: readonly string[]): Promise<Listed> {
  return JSON.parse((await run('--json', ...more)).out) as Listed;
}

async function idsOf(...more: readonly string[]): Promise<string[]> {
  return (await listed(...more)).recordings.map(({ recording }) => recording);
}

test('every recording is listed, the earliest first, and files beside them only when asked for', async () => {
  const { early, late, claimed, held, deleted, sidecar, waiting } = built;
  const inOrder = [deleted, claimed, held, early, late].map(({ id }) => id);
  const all = await idsOf();
  expect(all.filter((id) => id !== waiting.id)).toEqual(inOrder);
  expect(all).toContain(waiting.id);
  expect(await idsOf('--all')).toContain(sidecar.id);
  expect((await listed()).vault).toEqual({ recordings: 6, other_files: 1 });
});

test('what becomes of each is said', async () => {
  const rows = new Map((await listed()).recordings.map((row) => [row.recording, row]));
  expect(rows.get(built.held.id)).toMatchObject({ state: 'held', until: null });
  expect(rows.get(built.deleted.id)).toMatchObject({ state: 'deleted' });
  expect(rows.get(built.waiting.id)).toMatchObject({ state: 'waiting', until: null });
  expect(rows.get(built.late.id)?.until).toBe('2026-12-08T21:41:30.000Z'); // made and 14 days
  expect(rows.get(built.claimed.id)).toMatchObject({ made_basis: 'claimed' });
});

test('days are those of the zone, and what may have been made on a day is of it', async () => {
  const { early, late, held } = built;
  expect(await idsOf('--from', '2026-11-24')).toEqual([early.id, late.id]); // 00:30 in Berlin
  expect(await idsOf('--from', '2026-11-23', '--to', '2026-11-23')).toEqual([held.id]);
});

test('camera, state and due dates narrow the list', async () => {
  const { claimed, held, deleted, waiting } = built;
  expect(await idsOf('--camera', 'cam-2', '--to', '2026-11-21')).toContain(claimed.id);
  expect(await idsOf('--station', 'dock-9')).toEqual([]);
  expect(await idsOf('--state', 'held,deleted')).toEqual([deleted.id, held.id]);
  const due = await idsOf('--due', '3660');
  for (const { id } of [held, deleted, waiting]) expect(due).not.toContain(id);
  expect(due).toContain(built.late.id);
});

test('the beginning of an id that is shown fits one alone', async () => {
  const { recordings } = await listed('--all');
  for (const { recording, short } of recordings) {
    expect(recording.startsWith(short) && short.length >= 8).toBe(true);
    expect(recordings.filter((other) => other.recording.startsWith(short))).toHaveLength(1);
  }
});

test('the table is in the language that was asked for, in local time', async () => {
  const [en, de] = [await run(), await run('--lang', 'de')];
  expect([en.exitCode, de.exitCode]).toEqual([0, 0]);
  expect(en.out).toMatch(/^RECORDING {2,}MADE {2,}LENGTH {2,}SIZE {2,}CAMERA {2,}STATION {2,}STATE\n/);
  expect(en.out).toContain('2026-11-24 22:41');
  expect(de.out).toContain('24.11.2026 22:41');
  expect(de.out).toContain('22.11.2026 09:00 bis 23.11.2026 08:00');
  expect(de.out).toContain('21.11.2026 11:00 ?');
  expect(de.out).toMatch(/Im Tresor: 6 Aufzeichnungen, 1 andere Dateien\./);
  expect(de.out).not.toMatch(/\b(?:recordings|kept|until|held|deleted)\b/);
  expect((await run('--state', 'held', '--camera', 'none')).out).toBe(
    'No recording fits. In the vault: 6 recordings, 1 other files.\n',
  );
});

test('without a folder the vault of the receiver’s file is listed, by the keys beside its own', async () => {
  await withFolder(async (folder) => {
    const own = exchange(RECEIVER, 'path: vault', `path: ${builder.vault}`);
    const file = await put(
      folder,
      'receiver.yaml',
      exchange(own, 'keys/store.key', join(builder.keys, 'store.key')),
    );
    const ran = await runCommand(listCommand, '--config', file, '--json');
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect((JSON.parse(ran.out) as Listed).vault.recordings).toBe(6);
    const none = await runCommand(listCommand, '--config', join(folder, 'none.yaml'));
    expect([none.exitCode, none.err]).toEqual([2, expect.stringContaining('name the folder of a vault')]);
  });
});

test('wrong words are refused with what is allowed', async () => {
  expect((await run('--state', 'gone')).err).toContain('waiting, kept, due, held, deleted');
  expect((await run('--due', 'x')).err).toContain('a number of days');
  expect((await run('--from', '30.11.2026')).err).toContain('write it as 2026-11-25');
});

test('what does not verify is left out and named, and the exit code says so', async () => {
  await change(join(built.early.folder, 'manifest.json'), flip(30));
  const { exitCode, out, err } = await run();
  expect(exitCode).toBe(1);
  expect(out).not.toContain(built.early.id.slice(0, 8));
  expect(err).toContain(
    `1 folder or document is not listed: it does not verify with these keys (dock-1/${built.early.id})`,
  );
});
