// The disks whose power is cut, by what becomes of the writes that were not synced; they are used in one way, whatever they are made of.
import { LoopDisk } from '../fakes/loop-disk.ts';
import { StrictDisk } from '../fakes/strict-disk.ts';
import { strictSource } from './fault-tools.ts';

/**
 * `ext4`: its journal ends where the power goes. `pushed`: its journal is written just before, names without their bytes among it.
 * `strict`: only what was synced by itself is there, names and bytes. `random`: besides, any part of what was pending.
 */
export const CUT_MODES = ['ext4', 'pushed', 'strict', 'random'] as const;
export type CutMode = (typeof CUT_MODES)[number];

/** Sparse; the receiver leaves a part of its disk free. */
const DISK_MIB = 2048;

/** One mounted disk. */
export interface CutDisk {
  readonly path: string;
  /** What the preloaded library does at the point (preloaded-library.c). */
  readonly how: 'shutdown' | 'pushed' | 'kill';
  /** Keeps a copy of what is on it now, which `putBack` puts back any number of times. It must not be in use. */
  keep(): Promise<void>;
  putBack(): Promise<void>;
  /** What was durable is there again; of what may be there besides, the seed decides. */
  powerBack(seed: number): Promise<void>;
  close(): Promise<void>;
}

export async function mountForCuts(mode: CutMode): Promise<CutDisk> {
  if (mode === 'strict' || mode === 'random')
    return strictCutDisk(await StrictDisk.mount(strictSource()), mode === 'random');
  return loopCutDisk(await LoopDisk.mountForCuts(DISK_MIB), mode === 'ext4' ? 'shutdown' : 'pushed');
}

function loopCutDisk(disk: LoopDisk, how: 'shutdown' | 'pushed'): CutDisk {
  return {
    path: disk.path,
    how,
    keep: () => disk.keep(),
    putBack: () => disk.putBack(),
    powerBack: async () => {
      await disk.unmount();
      await disk.remount();
    },
    close: () => disk.close(),
  };
}

function strictCutDisk(disk: StrictDisk, keepsSome: boolean): CutDisk {
  return {
    path: disk.path,
    how: 'kill',
    keep: () => disk.keep(),
    putBack: () => disk.putBack(),
    powerBack: (seed) => disk.powerBack(keepsSome ? seed : undefined),
    close: () => disk.close(),
  };
}
