// What lies on the two cameras of a life on its first day: one of each kind of file on the first one, nothing on the second one.
import type { DockRig } from '../../fakes/dock-rig.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

/** More than two digest units, so that an upload has a middle; no other file has so many bytes as one unit. */
const LARGEST_BYTES = 1_200_000;

/** A large one, a small one with its sidecar, an odd one of an unknown kind, one without a byte. */
export const FILES: readonly (readonly [path: string, sizeBytes: number])[] = [
  ['DCIM/100MEDIA/KOD_0001.MP4', LARGEST_BYTES],
  ['DCIM/100MEDIA/KOD_0002.MP4', 20_000],
  ['DCIM/100MEDIA/KOD_0002.GPS', 300],
  ['DCIM/100MEDIA/KOD_0003.QQQ', 5000],
  ['EMPTY.MP4', 0],
];

const FULL = 1;
const EMPTY = 2;
/** Numbers of both cameras. */
export const CAMERAS = [FULL, EMPTY] as const;

/** Puts the files on the first camera. */
export async function fillCameras(rig: DockRig): Promise<void> {
  const random = seededRandom(5);
  for (const [path, sizeBytes] of FILES) await rig.put(FULL, path, random.bytes(sizeBytes));
}
