// How far a life has come, and how it waits.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { STATION, type DockRig } from '../../fakes/dock-rig.ts';
import { isEndOfLog, isEndStored, isLogStored } from '../../fakes/stored-log.ts';
import { until } from '../../fakes/until.ts';
import { CAMERAS } from './cameras.ts';
import type { LifeDock } from './life-dock.ts';

/** Resolves with true once it is so, with false where the life ended early. Errors: neither came in time. */
export type LifeWait = (what: string, look: () => Promise<boolean>) => Promise<boolean>;

/** Waits for so long; a life whose fault has come is over early. */
export function waitingFor(
  dock: LifeDock,
  timeoutMs: number,
  isOver: () => boolean | Promise<boolean>,
): LifeWait {
  return async (what, look) => {
    await until(
      what,
      timeoutMs,
      async () => (await isOver()) || (await look()),
      () => dock.tell(),
    );
    return !(await isOver());
  };
}

/** Takes each camera out of its bay once it is emptied and its bay says so; those that are out already stay so. False where the life ended early. */
export async function emptyCameras({ rig, view }: LifeDock, wait: LifeWait): Promise<boolean> {
  for (const number of CAMERAS) {
    if (await isTakenOut(rig, number)) continue;
    const isEmptied = async (): Promise<boolean> =>
      view.bays.get(`bay-${number}`)?.state === 'done' && (await rig.filesOn(number)) === 0;
    if (!(await wait(`camera ${number} is emptied`, isEmptied))) return false;
    await rig.takeOut(number);
  }
  return true;
}

export function isTakenOut(rig: DockRig, number: number): Promise<boolean> {
  return isIn(rig.drawer(number));
}

/** All that is in the spool is receipted, and the vault has the log and a docking record of each docking. Unfinished things may lie in the spool. */
export async function isReceipted(rig: DockRig): Promise<boolean> {
  for (const name of ['ready', 'dockings'])
    for (const folder of await namesIn(join(rig.spool, name)))
      if (!(await namesIn(join(rig.spool, name, folder))).includes('receipt.json.minisig')) return false;
  if ((await namesIn(join(rig.vault, STATION, 'custody'))).length === 0) return false;
  return (await rig.receiptedDockings()).length >= CAMERAS.length;
}

/** Besides, no recording is being sealed, and no docking is open. */
export async function isDelivered(rig: DockRig): Promise<boolean> {
  return (await leftIn(rig, ['staging', 'docked'])).length === 0 && (await isReceipted(rig));
}

/** Besides, the vault holds of each segment of the log what it can. */
export async function isAllDelivered(rig: DockRig): Promise<boolean> {
  if (!(await isDelivered(rig))) return false;
  for await (const { own, stored } of segmentsOf(rig)) if (!isLogStored(own, stored)) return false;
  return true;
}

/** Segments that ended with their station, in order, and that the vault does not hold to their last line. */
export async function unsentEnds(rig: DockRig): Promise<string[]> {
  const unsent: string[] = [];
  for await (const { name, own, stored } of segmentsOf(rig))
    if (isEndOfLog(own) && !isEndStored(own, stored)) unsent.push(name);
  return unsent;
}

interface SegmentSeen {
  readonly name: string;
  /** At the station, and in the vault. */
  readonly own: Uint8Array | undefined;
  readonly stored: Uint8Array | undefined;
}

async function* segmentsOf(rig: DockRig): AsyncIterable<SegmentSeen> {
  const [own, stored] = [join(rig.spool, 'custody'), join(rig.vault, STATION, 'custody')];
  for (const name of await namesIn(own))
    if (name.endsWith('.jsonl'))
      yield { name, own: await bytesIn(join(own, name)), stored: await bytesIn(join(stored, name)) };
}

/** A part of the largest payload is in the vault: no other one has so many bytes. */
export async function isInTransfer({ vault }: DockRig): Promise<boolean> {
  const incoming = join(vault, '.incoming');
  const names = await readdir(incoming, { recursive: true }).catch((): string[] => []);
  for (const name of names.filter((each) => each.endsWith('/payload.age'))) {
    const found = await stat(join(incoming, name)).catch(() => undefined);
    if ((found?.size ?? 0) >= UNIT_BYTES) return true;
  }
  return false;
}

/** No recording is in the spool any more: at a start of the agent what is receipted is reclaimed. */
export async function isReclaimed(rig: DockRig): Promise<boolean> {
  return (await rig.spooled()).length === 0;
}

/** What lies in these folders of the spool, as "folder/name". */
export async function leftIn(rig: DockRig, folders: readonly string[]): Promise<string[]> {
  const left = await Promise.all(
    folders.map(async (folder) =>
      (await namesIn(join(rig.spool, folder))).map((name) => `${folder}/${name}`),
    ),
  );
  return left.flat();
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((): string[] => []);
}

function bytesIn(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch(() => undefined);
}

function isIn(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
