// How far a life has come, and how it waits.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { STATION, type DockRig } from '../../fakes/dock-rig.ts';
import { until } from '../../fakes/until.ts';
import { CAMERAS } from './cameras.ts';
import type { LifeDock } from './life-dock.ts';

const LINE_FEED = 0x0a;

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

/** Of each segment of the log the vault holds whole lines, and no others than the station's. */
export async function isLogStored(rig: DockRig): Promise<boolean> {
  const folder = join(rig.spool, 'custody');
  for (const name of (await namesIn(folder)).filter((each) => each.endsWith('.jsonl'))) {
    const own = await bytesIn(join(folder, name));
    if (!own.includes(LINE_FEED)) continue; // the power went before its first line was there
    const stored = await bytesIn(join(rig.vault, STATION, 'custody', name));
    if (stored.at(-1) !== LINE_FEED || !own.subarray(0, stored.length).equals(stored)) return false;
  }
  return true;
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

function bytesIn(path: string): Promise<Buffer> {
  return readFile(path).catch(() => Buffer.alloc(0));
}

function isIn(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
