// Puts a sample into a vault the way the receiver does, step by step, for tests of the vault alone.
import { UNIT_BYTES } from '../../../../protocol/format/limits.ts';
import { unitBytes } from '../../../../protocol/documents/manifest.ts';
import type { Slabs } from '../../../../agent/receiver/transfer/slabs.ts';
import type { UnitStore, UnitWork } from '../../../../agent/receiver/vault/unit-store.ts';
import type { Vault, VaultWork } from '../../../../agent/receiver/vault/vault.ts';
import type { Sample } from '../sample.ts';

/** One receiver's access to a vault. */
export interface Access {
  readonly vault: Vault;
  readonly units: UnitStore;
  readonly slabs: Slabs;
}

/** Opens the work on a sample; no other manifest counts as genuine unless told. */
export function openSample(
  { vault }: Access,
  sample: Sample,
  isGenuine = (): boolean => false,
): Promise<VaultWork> {
  return vault.open(sample, sample.offer, { sealedSizeBytes: sample.payload.length, isGenuine });
}

/** Writes the digest list where it is missing, and the given units. */
export async function fillUnits(
  access: Access,
  work: VaultWork,
  sample: Sample,
  units: readonly number[],
): Promise<boolean[]> {
  const found =
    work.digestsFound && (await access.units.checkDigests(work.places.chunksPath, sample.subject));
  if (work.digestsFound && !found) await work.newDigests();
  const open = await access.units.open(work.places, sample.subject, { kind: 'write', digestsWhole: found });
  try {
    if (!found) {
      await open.appendDigests(0, sample.chunks);
      await work.keepDigests();
    }
    const good: boolean[] = [];
    for (const unit of units) good.push(await storeUnit(access, open, sample, unit));
    return good;
  } finally {
    await open.close();
  }
}

/** Writes one unit of the sample, from `bytes` where given. */
export async function storeUnit(
  { slabs }: Access,
  open: UnitWork,
  sample: Sample,
  unit: number,
  bytes = sample.payload.subarray(unit * UNIT_BYTES, (unit + 1) * UNIT_BYTES),
): Promise<boolean> {
  const slab = slabs.acquire();
  if (slab === undefined) throw new Error('no slab is free');
  slabs.put(slab, 0, bytes);
  try {
    return await open.storeUnit(unit, slab, unitBytes(sample.payload.length, unit));
  } finally {
    slabs.release(slab);
  }
}

/** All units of a sample. */
export function allUnits(sample: Sample): number[] {
  return Array.from({ length: sample.units }, (_, unit) => unit);
}

/** Opens, fills and completes; resolves when the recording is in place. */
export async function completeSample(access: Access, sample: Sample): Promise<void> {
  const work = await openSample(access, sample);
  await fillUnits(access, work, sample, allUnits(sample));
  await work.complete();
}
