// Looks at all that is on the disks of one port and says which volume is the camera's. Writing is switched off before the first byte is read.
import type { DiskFacts } from '../../../drivers/mass-storage/block-devices.ts';
import { volumeKind, type VolumeKind } from '../../../drivers/mass-storage/superblock.ts';
import type { LeftAlone } from '../../../drivers/mass-storage/volumes.ts';
import type { Node, SystemCalls } from './system-calls.ts';

/** A whole disk or a partition. */
export interface Volume extends Node {
  readonly disk: Node;
  /** See MountedVolume.identity. */
  readonly identity: string;
  readonly sizeBytes: number;
}

export interface FoundVolume extends Volume {
  readonly fileSystem: 'vfat' | 'exfat';
  readonly isCutShort: boolean;
}

export interface Survey {
  readonly found: FoundVolume | undefined;
  readonly others: readonly LeftAlone[];
}

/** What was seen of volumes by their identity: each is read once, as long as it stays. */
export type SeenVolumes = Map<string, VolumeKind | 'unreadable'>;

/** Every volume of the disks, in their order; a disk without a table of partitions is one itself. A slot without a medium has none. */
export function volumesOf(disks: readonly DiskFacts[]): Volume[] {
  return disks.flatMap((disk) => {
    const whole = { node: `/dev/${disk.name}`, device: disk.device };
    if (disk.sizeBytes === 0) return [];
    const identity = `${disk.sequence}.${disk.unit}`;
    if (disk.partitions.length === 0)
      return [{ ...whole, disk: whole, identity: `${identity}.0`, sizeBytes: disk.sizeBytes }];
    return disk.partitions.map(({ name, number, device, startBytes, sizeBytes }) => ({
      node: `/dev/${name}`,
      device,
      disk: whole,
      identity: `${identity}.${number}.${startBytes}.${sizeBytes}`,
      sizeBytes,
    }));
  });
}

/** `wanted`: identity of the one volume to take, where it is known already. Errors: none; what cannot be looked at is told. */
export async function survey(
  disks: readonly DiskFacts[],
  system: SystemCalls,
  seen: SeenVolumes,
  wanted?: string,
): Promise<Survey> {
  const volumes = volumesOf(disks);
  const here = new Set(volumes.map(({ identity }) => identity));
  for (const identity of seen.keys()) if (!here.has(identity)) seen.delete(identity);
  let found: FoundVolume | undefined;
  const others: LeftAlone[] = [];
  for (const volume of volumes) {
    const kind = seen.get(volume.identity) ?? (await look(volume, system));
    if (kind !== 'unreadable') seen.set(volume.identity, kind);
    const known = foundAs(volume, kind);
    if (known === undefined) others.push(leftAlone(kind));
    else if (found === undefined && (wanted === undefined || wanted === volume.identity)) found = known;
    else others.push('other-volume');
  }
  if (volumes.length === 0) others.push('no-medium');
  return { found, others };
}

async function look(volume: Volume, system: SystemCalls): Promise<VolumeKind | 'unreadable'> {
  if (!(await system.isThere(volume.disk)) || !(await system.isThere(volume))) return 'unreadable';
  await system.setReadOnly(volume.disk, true);
  const head = await system.head(volume);
  return head === undefined ? 'unreadable' : volumeKind(head);
}

function foundAs(volume: Volume, kind: VolumeKind | 'unreadable'): FoundVolume | undefined {
  if (kind === 'unreadable' || (kind.kind !== 'vfat' && kind.kind !== 'exfat')) return undefined;
  return { ...volume, fileSystem: kind.kind, isCutShort: kind.sizeBytes > volume.sizeBytes };
}

function leftAlone(kind: VolumeKind | 'unreadable'): LeftAlone {
  if (kind === 'unreadable') return 'unreadable-volume';
  return kind.kind === 'encrypted' ? 'encrypted-volume' : 'unknown-file-system';
}
