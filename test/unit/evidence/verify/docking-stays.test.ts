// Dockings of one stay: what a verification accepts, and what it says of records that name a stay which is not theirs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DockingRecord } from '../../../../protocol/documents/docking-record.ts';
import type { DockingId } from '../../../../protocol/format/ids.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { verdictOf, type Verdict } from './broken-vault.ts';

let vault: VaultBuilder;
beforeEach(async () => {
  vault = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-stays-')));
});
afterEach(() => rm(vault.root, { recursive: true, force: true }));

async function verdict(): Promise<Verdict> {
  await vault.close();
  return verdictOf(vault.vault, vault, { nowMs: Date.parse(vault.clock.now()) });
}

/** The record says that it is of that stay. */
function ofStay(stay: DockingId | undefined) {
  return (record: DockingRecord): DockingRecord => ({
    ...record,
    ...(record.version === 1 || stay === undefined ? {} : { stay, stay_docked_at: null }),
  });
}

test('a stay in many dockings is good: listed again, stopped, cut off, and in several parts', async () => {
  await vault.dock();
  await vault.record({ path: 'DCIM/A.MP4' });
  await vault.record({ path: 'DCIM/B.MP4' });
  await vault.relist({ entriesPerPart: 1 });
  await vault.restart({ stays: true });
  await vault.cut({ stays: true });
  await vault.undock();
  await vault.dock();
  expect(await verdict()).toMatchObject({ findings: [], notes: [] });
  const stays = vault.dockings.map(({ stay }) => stay.stay);
  expect(stays).toHaveLength(5);
  expect(new Set(stays.slice(0, 4))).toEqual(new Set([vault.dockings[0]?.docking]));
  expect(stays[4]).toBe(vault.dockings[4]?.docking);
});

test('records and logs of 0.1.0 are good beside those of today: each docking of theirs is its own stay', async () => {
  await vault.dock({ version: 1 });
  await vault.undock({ ended: 'stopped' });
  await vault.dock({ continues: true });
  await vault.relist();
  expect(await verdict()).toMatchObject({ findings: [], notes: [] });
  expect(vault.dockings.map(({ parts }) => parts[0]?.record.version)).toEqual([1, 2, 2]);
});

test('a stay goes on while another camera of one id comes and goes in another bay', async () => {
  await vault.dock();
  await vault.relist();
  await vault.undock({ ended: 'stopped' });
  await vault.dock({ bay: 'bay-9' });
  await vault.undock();
  const [first] = vault.dockings;
  await vault.dock();
  await vault.undock({ change: ofStay(first?.docking) });
  const { findings } = await verdict();
  expect(findings).toEqual(['docking.log-differs']); // the log does not say so, and nothing else is wrong
});

test('a stay that a docking of another camera began is none', async () => {
  await vault.dock({ camera: 'cam-2', bay: 'bay-1' });
  await vault.undock({ ended: 'stopped' });
  await vault.dock();
  await vault.undock({ change: ofStay(vault.dockings[0]?.docking) });
  expect((await verdict()).findings).toEqual(['docking.log-differs', 'docking.stay']);
});

test.each([
  ['a stay that is over', { ended: 'unplugged' }, 'bay-1'],
  ['a stay that failed', { ended: 'failed' }, 'bay-1'],
  ['a stay in another bay', { ended: 'stopped' }, 'bay-2'],
] as const)('a docking that goes on with %s is a finding', async (_, end, bay) => {
  await vault.dock();
  await vault.undock(end);
  await vault.dock({ bay, continues: true });
  expect((await verdict()).findings).toEqual(['docking.stay']);
});

test('a stay that nobody began is a finding, and so is one that another stay interrupted', async () => {
  await vault.dock();
  await vault.undock({ change: ofStay('abcdefghijklmnopqrstuvwxya' as DockingId) });
  await vault.dock();
  await vault.undock({ ended: 'stopped' });
  const began = vault.dockings[1]?.docking;
  await vault.dock();
  await vault.undock({ ended: 'stopped' });
  await vault.dock();
  await vault.undock({ change: ofStay(began) });
  const { remarks } = await verdict();
  const stays = remarks.filter(({ code }) => code === 'docking.stay');
  expect(stays.map(({ message }) => message)).toEqual([
    expect.stringContaining('no docking of it comes before'),
    expect.stringContaining('of another stay'),
  ]);
});

test('a stay that names a docking in its middle, or another beginning, is a finding', async () => {
  await vault.dock();
  await vault.relist();
  await vault.relist();
  const middle = vault.dockings[1]?.docking;
  await vault.undock({ ended: 'stopped', change: ofStay(middle) });
  const stay = vault.dockings[0]?.docking;
  await vault.dock({ continues: true });
  await vault.undock({
    change: (record) =>
      record.version === 1 || stay === undefined
        ? record
        : { ...record, stay, stay_docked_at: '2026-11-01T00:00:00.000Z' },
  });
  const { remarks } = await verdict();
  const stays = remarks.filter(({ code }) => code === 'docking.stay');
  expect(stays.map(({ message }) => message)).toEqual([
    expect.stringContaining(`that docking is of stay ${stay}`),
    expect.stringContaining('says that it began at 2026-11-01'),
  ]);
});

test('another device in the same boot is another plug, and after a reboot nobody knows', async () => {
  const plugged = (boot: string, device: string) => ({
    change: (record: DockingRecord): DockingRecord =>
      record.version === 1 ? record : { ...record, plug: { boot, device } },
  });
  await vault.dock();
  await vault.relist(plugged('a', '1.5'));
  await vault.relist(plugged('a', '1.5'));
  await vault.relist(plugged('b', '1.2'));
  await vault.undock(plugged('b', '1.3'));
  const { remarks, findings } = await verdict();
  expect(findings).toEqual(['docking.stay']);
  const told = remarks.filter(({ code }) => code === 'docking.stay');
  expect(told.map(({ message }) => message)).toEqual([expect.stringContaining('is of another plug')]);
});

test('a log that counts a docking to another stay than its record is a finding', async () => {
  await vault.dock();
  await vault.relist();
  const own = (record: DockingRecord): DockingRecord =>
    record.version === 1 ? record : { ...record, stay: record.docking, stay_docked_at: record.docked_at };
  await vault.undock({ change: own });
  expect((await verdict()).findings).toEqual(['docking.log-differs']);
});
