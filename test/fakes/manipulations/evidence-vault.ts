// The vault that manipulations start from: two stations, three cameras, sidecars, damaged days and empty ones, a changed and then revoked
// key, orders of both roles, deletions, disclosures, and the store's own log, which is a tree. Everything in it is good.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseReceipt } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { VaultBuilder, type BuiltRecording } from '../vault-builder.ts';
import { type BuiltEvaluation, type BuiltOrder, EVALUATORS } from '../vault-builder-orders.ts';
import { revokeKey } from '../vault-builder-keys.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { headOf, TreeBuilder } from '../vault-builder-tree.ts';

const HOUR_MS = 3_600_000;
type Clock = NonNullable<DockingRecord['camera_clock']>;

/** The vault, and what in it manipulations name. */
export interface EvidenceVault {
  /** Station `dock-1`: its key was changed once. */
  readonly dock1: VaultBuilder;
  readonly dock2: VaultBuilder;
  /** Camera 1 of dock-1: two units, has a sidecar. */
  readonly large: BuiltRecording;
  readonly sidecar: BuiltRecording;
  readonly middle: BuiltRecording;
  /** Damaged in a range, never erased. */
  readonly last: BuiltRecording;
  /** Camera 2 of dock-1. */
  readonly empty: BuiltRecording;
  /** By the new key of dock-1. */
  readonly fresh: BuiltRecording;
  readonly freshNext: BuiltRecording;
  /** Camera 3 of dock-2, captured between two dockings by a measured clock. */
  readonly measured: BuiltRecording;
  /** Held by both roles. */
  readonly held: BuiltRecording;
  /** Deleted because it had expired, and because both roles ordered it. */
  readonly expired: BuiltRecording;
  readonly ordered: BuiltRecording;
  /** Deleted sooner than 72 hours after its receipt, behind a warning. */
  readonly early: BuiltRecording;
  readonly holdOrder: BuiltOrder;
  readonly deleteOrder: BuiltOrder;
  readonly lapsedOrder: BuiltOrder;
  /** Of `measured`, by two evaluators. */
  readonly evaluations: readonly [BuiltEvaluation, BuiltEvaluation];
}

/** Builds it into an empty folder. */
export async function buildEvidenceVault(root: string, seed = 1): Promise<EvidenceVault> {
  const dock1 = await VaultBuilder.create(root, { seed, startMs: Date.UTC(2026, 9, 26, 8) });
  await dock1.publish('station-dock-1.pub', dock1.stationKey);
  for (const [at, key] of EVALUATORS.entries()) await dock1.publish(`evaluator${at}.pub`, key);
  const dock2 = await dock1.beside('dock-2');
  const tree = TreeBuilder.ahead(dock1.receiver);
  const first = await dockingsOfOne(dock1);
  const second = await dockingsOfTwo(dock2);
  await dock1.receiver.disclose(first.middle, { command: 'export' });
  await dock1.receiver.disclose(first.large, { pending: true });
  await entered(tree, [dock1, dock2], '2026-10-26');
  await revokeKey(dock1.receiver, dock1.station, dock1.stationKeys[0] ?? dock1.stationKey);
  const store = await ordersAndDeletions(dock1, second);
  await entered(tree, [dock1, dock2], '2026-10-28');
  await expiries(dock1, second, store);
  await dock2.dock({ camera: 'cam-3' });
  await dock2.relist();
  await dock2.close();
  await dock1.close();
  await entered(tree, [dock1, dock2], dock1.clock.now().slice(0, 10));
  await dock1.close();
  await tree.put('checkpoint', tree.note());
  return { dock1, dock2, ...first, ...second, ...store };
}

type OfOne = Pick<EvidenceVault, 'large' | 'sidecar' | 'middle' | 'last' | 'empty' | 'fresh' | 'freshNext'>;

async function dockingsOfOne(dock: VaultBuilder): Promise<OfOne> {
  await dock.dock({ camera: 'cam-1', clock: clockAt(dock.clock.now(), 5000, true), condition: CONDITION });
  const large = await dock.record({
    original: dock.random.bytes(530_000),
    path: 'DCIM/A.MP4',
    sidecars: ['DCIM/A.GPS'],
    erased: true,
  });
  const sidecar = await dock.record({
    path: 'DCIM/A.GPS',
    role: 'sidecar',
    sidecarOf: 'DCIM/A.MP4',
    erased: true,
  });
  const middle = await dock.record({ path: 'DCIM/B.MP4' });
  await dock.entry({ fate: 'not-a-file', path: 'DCIM/link' });
  await dock.entry({ fate: 'waiting', path: 'DCIM/GROWS.MP4', reason: 'changing' });
  await dock.undock({ entriesPerPart: 2 });
  await dock.dock({ camera: 'cam-2' });
  await dock.undock();
  await dock.restart();
  await dock.dock({ camera: 'cam-1', clock: clockAt(dock.clock.now(), 300, false) });
  await dock.entry({
    fate: 'matched',
    path: 'DCIM/B.MP4',
    recording: middle.id,
    sizeBytes: 2000,
    erased: true,
  });
  const last = await dock.record({ path: 'DCIM/C.MP4', change: damaged });
  await dock.undock();
  await dock.dock({ camera: 'cam-2' });
  const empty = await dock.record({ path: 'DCIM/A.MP4', original: new Uint8Array(0), rejected: 'empty' });
  await dock.cut();
  await dock.changeKey();
  await dock.dock({ camera: 'cam-1' });
  const fresh = await dock.record({ path: 'DCIM/D.MP4' });
  const freshNext = await dock.record({ path: 'DCIM/E.MP4' });
  await dock.undock();
  return { large, sidecar, middle, last, empty, fresh, freshNext };
}

const CONDITION: NonNullable<DockingRecord['condition']> = {
  battery_percent: 81,
  battery_mv: 3900,
  battery_cycles: null,
  charging: true,
  temperature_c: null,
  storage_total_bytes: 64_000_000_000,
  storage_free_bytes: 12_000_000_000,
  power_ons: 41,
};

function clockAt(readAt: string, offsetMs: number, isSet: boolean): Clock {
  const claimedAt = new Date(Date.parse(readAt) + offsetMs).toISOString();
  const set = isSet ? { at: readAt, offset_ms: 0, uncertainty_ms: 500 } : null;
  return {
    read_at: readAt,
    claimed_at: claimedAt,
    offset_ms: offsetMs,
    uncertainty_ms: 500,
    zone_minutes: null,
    set,
  };
}

type Manifest = BuiltRecording['manifest'];

function damaged(manifest: Manifest): Manifest {
  const unreadable = [{ offset_bytes: 512, size_bytes: 512 }];
  return { ...manifest, rejected: { reason: 'damaged', unreadable } };
}

type OfTwo = Pick<EvidenceVault, 'measured' | 'held' | 'expired' | 'ordered' | 'early'>;

async function dockingsOfTwo(dock: VaultBuilder): Promise<OfTwo> {
  await dock.dock({ camera: 'cam-3', clock: clockAt(dock.clock.now(), 0, false) });
  await dock.undock();
  dock.clock.advance(2 * HOUR_MS);
  const claimed = Date.parse(dock.clock.now());
  dock.clock.advance(2 * HOUR_MS);
  await dock.dock({ camera: 'cam-3', clock: clockAt(dock.clock.now(), 4000, false) });
  // The clock was off by -500 to 4500 ms between the dockings, and its files' times are to two seconds.
  const capture = {
    earliest_at: new Date(claimed - 4500 - 2000).toISOString(),
    latest_at: new Date(claimed + 500 + 2000).toISOString(),
    basis: 'clock-measured' as const,
  };
  const measured = await dock.record({
    path: 'V1.MOV',
    modifiedAt: new Date(claimed).toISOString(),
    change: (manifest) => ({ ...manifest, capture }),
  });
  const held = await dock.record({ path: 'V2.MOV' });
  const expired = await dock.record({ path: 'V3.MOV' });
  const ordered = await dock.record({ path: 'V4.MOV', erased: true });
  await dock.undock();
  await dock.dock({ camera: 'cam-4', clock: clockAt(dock.clock.now(), 0, false) });
  // Two weeks before it was docked, as far as half a second of the measurement and two of its file's time let say.
  const old = {
    earliest_at: '2026-10-12T08:59:57.500Z',
    latest_at: '2026-10-12T09:00:02.500Z',
    basis: 'clock-measured' as const,
  };
  const early = await dock.record({
    path: 'V5.MOV',
    modifiedAt: '2026-10-12T09:00:00.000Z',
    change: (manifest) => ({ ...manifest, capture: old }),
  });
  await dock.undock();
  return { measured, held, expired, ordered, early };
}

type OfStore = Pick<EvidenceVault, 'holdOrder' | 'deleteOrder' | 'lapsedOrder' | 'evaluations'>;

async function ordersAndDeletions(
  { receiver, orders, clock }: VaultBuilder,
  { held, expired, ordered, early, measured }: OfTwo,
): Promise<OfStore> {
  await receiver.warn(early);
  clock.advance(30 * HOUR_MS);
  await receiver.delete(early);
  const holdOrder = await orders.give(held, { verb: 'hold' });
  const deleteOrder = await orders.give(ordered, { verb: 'delete' });
  const lapsedOrder = await orders.give(expired, { verb: 'hold', roles: ['officer'] });
  const lifted = await orders.give(measured, { verb: 'hold', roles: ['supervisor'] });
  await orders.sign(lifted, 'officer');
  await orders.give(measured, { verb: 'unhold' });
  await receiver.delete(ordered, { order: deleteOrder });
  const evaluations = [
    await orders.evaluate(measured),
    await orders.evaluate(measured, { by: 1, answers: { effect: 'no-effect' } }),
  ] as const;
  await receiver.start();
  return { holdOrder, deleteOrder, lapsedOrder, evaluations };
}

async function expiries(
  { receiver, orders, clock }: VaultBuilder,
  { expired }: OfTwo,
  { lapsedOrder }: OfStore,
): Promise<void> {
  clock.advance(20 * 24 * HOUR_MS);
  await orders.lapse(lapsedOrder);
  await receiver.delete(expired);
}

/** Enters the receipts that were given since, and how much of the stations' logs is held; the clock goes on to the day after. */
async function entered(tree: TreeBuilder, docks: readonly VaultBuilder[], day: string): Promise<void> {
  docks[0]?.clock.moveTo(new Date(Date.parse(`${day}T00:00:00.000Z`) + 25 * HOUR_MS).toISOString());
  for (const dock of docks) {
    const { receiver, station, vault } = dock;
    for (const name of (await readdir(join(vault, station))).sort()) {
      const bytes = await readFile(join(vault, station, name, 'receipt.json')).catch(() => undefined);
      if (bytes !== undefined && !tree.lines.some((line) => line.includes(sha256Hex(bytes))))
        await tree.receipt(parseReceipt(bytes));
    }
    await receiver.enter('head', { station, ...headOf(await dock.lines(), dock.segments) });
  }
}
