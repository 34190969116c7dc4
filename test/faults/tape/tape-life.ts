// The life of recordings (life/life-dock.ts) over whole programs as they are shipped, on tape: one transfer is broken off by a kill in its middle
// and goes on, all is delivered, receipted, erased, and reclaimed at a last start. Nothing fails in it: what a power cut would have left behind
// each of its calls is made from the tape (tape-states.ts).
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSigningKey } from '../../../config/enrolment/keys.ts';
import { recipientOf } from '../../../protocol/age/age-keys.ts';
import { parseReceiverId, parseStationId } from '../../../protocol/format/ids.ts';
import { treeIn, type DiskTree } from '../../fakes/disk-trees.ts';
import { STATION, type DockRig } from '../../fakes/dock-rig.ts';
import type { Site } from '../../simulation/sides.ts';
import type { Recording } from '../../simulation/recordings.ts';
import { CAMERAS } from '../life/cameras.ts';
import { LifeDock } from '../life/life-dock.ts';
import {
  emptyCameras,
  isAllDelivered,
  isInTransfer,
  isReclaimed,
  waitingFor,
  type LifeWait,
} from '../life/progress.ts';
import { problemsOf } from '../life/verdict.ts';
import { SIDES } from '../sides.ts';
import { CallTape, type TapeCall } from './call-tape.ts';

const LIFE_MS = 120_000;
/** In the vault writes to payloads last so much longer until somebody has seen the middle of the largest transfer. */
const SLOW_WRITE_MS = 1500;

/**
 * How much later syncs begin: a receipt that is told in front of the store's sync reaches its camera, after some syncs of the station, before
 * that sync does.
 */
const SYNC_MS = { agent: 1, receiver: 60 } as const;

/** What lay on a camera when a life began, with the time that the camera shows of it. */
export interface FilmedRecording extends Omit<Recording, 'content'> {
  readonly bytes: Uint8Array;
  readonly modifiedAt: string;
}

/** A life that went well, with all that is needed to go on from any moment of it. Threads take copies of it. */
export interface TapedLife {
  readonly calls: readonly TapeCall[];
  /** Folders that stand for disks, and those of cameras by their ids, as the calls name them. */
  readonly places: {
    readonly spool: string;
    readonly vault: string;
    readonly cameras: ReadonlyMap<string, string>;
  };
  /** What lay in both when it began. */
  readonly spool: DiskTree;
  readonly vault: DiskTree;
  readonly recordings: readonly FilmedRecording[];
  readonly site: Site;
  /** Wall time when it was over, ms since 1970. */
  readonly endedAtMs: number;
}

/** Lives it in a dock of its own. Errors: those of tapeLifeIn. */
export async function tapeLife(): Promise<TapedLife> {
  const dock = await LifeDock.open();
  try {
    return await tapeLifeIn(dock);
  } finally {
    await dock.close();
  }
}

/** Lives it. Errors: it broke a rule by itself, or something did not come in time. */
export async function tapeLifeIn(dock: LifeDock): Promise<TapedLife> {
  const tape = await CallTape.build();
  try {
    const { rig } = dock;
    await dock.begin();
    await mkdir(rig.vault, { recursive: true }); // what it lies in is nobody's to sync
    const [spool, vault] = [await treeIn(rig.spool), await treeIn(rig.vault)];
    const recordings = await filmed(rig);
    await live(dock, tape);
    const problems = await problemsOf(rig);
    if (problems.length > 0) throw new Error(`a life without a cut: ${problems.join('; ')}`);
    return {
      calls: await tape.read(),
      places: {
        spool: rig.spool,
        vault: rig.vault,
        cameras: new Map(CAMERAS.map((number) => [`cam-${number}`, rig.camera(number)])),
      },
      spool,
      vault,
      recordings,
      site: await siteOf(rig),
      endedAtMs: Date.now(),
    };
  } finally {
    await tape.remove();
  }
}

async function live(dock: LifeDock, tape: CallTape): Promise<void> {
  const { rig } = dock;
  const wait = waitingFor(dock, LIFE_MS, () => false);
  const slow = { agent: {}, receiver: await tape.slowWrites(SLOW_WRITE_MS) };
  for (const side of SIDES)
    dock.giveEnvironment(side, { ...tape.environment(rig.folder, SYNC_MS[side]), ...slow[side] });
  await startBoth(rig);
  await wait('the middle of a transfer', () => isInTransfer(rig));
  await Promise.all(SIDES.map((side) => rig[side].kill(false)));
  await tape.endSlow();
  dock.view.bays.clear();
  await startBoth(rig);
  await deliver(dock, wait);
  await rig.stop();
  await startBoth(rig);
  await wait('all is reclaimed', () => isReclaimed(rig));
  await rig.stop();
}

async function startBoth(rig: DockRig): Promise<void> {
  await Promise.all([rig.receiver.start(), rig.agent.start()]);
}

async function deliver(dock: LifeDock, wait: LifeWait): Promise<void> {
  await emptyCameras(dock, wait);
  await wait('all is delivered', () => isAllDelivered(dock.rig));
}

/** What lies on the cameras of the first day. */
async function filmed(rig: DockRig): Promise<FilmedRecording[]> {
  const all: FilmedRecording[] = [];
  for (const { camera, path, sha256, sizeBytes } of rig.ledger.puts) {
    const at = join(rig.camera(Number(camera.replace('cam-', ''))), path);
    const [bytes, { mtimeMs }] = [await readFile(at), await stat(at)];
    const modifiedAt = new Date(mtimeMs).toISOString();
    all.push({ camera, path, bytes, sizeBytes, sha256, modifiedAt });
  }
  return all;
}

async function siteOf(rig: DockRig): Promise<Site> {
  const [receiver = ''] = rig.receiverIds;
  const identity = (await readFile(rig.identityFile, 'utf8'))
    .split('\n')
    .find((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (identity === undefined) throw new Error(`${rig.identityFile} holds no identity`);
  return {
    station: parseStationId(STATION),
    receiver: parseReceiverId(receiver),
    stationKey: await readSigningKey(join(rig.keys, 'station.key')),
    storeKey: await readSigningKey(join(rig.keys, 'store.key')),
    recipient: { identity, recipient: recipientOf(identity) },
  };
}
