// What a verification counted.
import type { CheckedDocking } from './docking-check.ts';
import type { CheckedRecording } from './recording-check.ts';
import type { Remark } from './remark.ts';

/** Counts of one place, or of several. Sizes in bytes. */
export interface Totals {
  /** Everything that was sealed as a file of a camera: recordings and what accompanies them. */
  recordings: number;
  /** Of these, files that are no recording: sidecars and others. */
  accompanying_files: number;
  /** Recordings without a finding of their own. */
  good: number;
  receipted: number;
  /** Recordings whose payload the store has deleted, behind a deletion record that holds. */
  deleted: number;
  /** Recordings that an order holds now. */
  held: number;
  /** Recordings that count as rejected, by reason: odd, kept and signed all the same. */
  rejected: Record<string, number>;
  original_bytes: number;
  sealed_bytes: number;
  /** Units of sealed files that fit their digests. */
  units: number;
  /** Recordings whose original was opened and is what the manifest says. */
  opened: number;
  /** Dockings with a record whose first part is here and holds. */
  dockings: number;
  /** Of these, dockings of a camera on which nothing was when it was listed. Which day that proves, a report over all cameras says. */
  dockings_empty: number;
  disclosures: number;
  /** Orders that can be read, days that are witnessed, documents about keys that hold. */
  orders: number;
  witnesses: number;
  key_changes: number;
  key_revocations: number;
  custody_segments: number;
  custody_entries: number;
  custody_checkpoints: number;
  findings: number;
  notes: number;
}

/** All zero. */
export function noTotals(): Totals {
  return {
    recordings: 0,
    accompanying_files: 0,
    good: 0,
    receipted: 0,
    deleted: 0,
    held: 0,
    rejected: {},
    original_bytes: 0,
    sealed_bytes: 0,
    units: 0,
    opened: 0,
    dockings: 0,
    dockings_empty: 0,
    disclosures: 0,
    orders: 0,
    witnesses: 0,
    key_changes: 0,
    key_revocations: 0,
    custody_segments: 0,
    custody_entries: 0,
    custody_checkpoints: 0,
    findings: 0,
    notes: 0,
  };
}

/** Counts one recording in; its remarks are counted by countRemark. */
export function countRecording(
  totals: Totals,
  { manifest, receipt, deletion, units, opened, remarks }: CheckedRecording,
): void {
  totals.recordings++;
  if (remarks.every(({ kind }) => kind === 'note')) totals.good++;
  if (receipt !== undefined) totals.receipted++;
  if (deletion !== undefined) totals.deleted++;
  if (opened) totals.opened++;
  totals.units += units;
  if (manifest === undefined) return;
  if (manifest.role !== 'media') totals.accompanying_files++;
  totals.original_bytes += manifest.original.size_bytes;
  totals.sealed_bytes += manifest.sealed.size_bytes;
  const reason = manifest.rejected?.reason;
  if (reason !== undefined) totals.rejected[reason] = (totals.rejected[reason] ?? 0) + 1;
}

/** Counts one part of a docking record in; its remarks are counted by countRemark. */
export function countDocking(totals: Totals, { record, keyId }: CheckedDocking): void {
  if (record === undefined || keyId === undefined || record.part !== 1) return;
  totals.dockings++;
  const { inventory, later } = record;
  if (inventory?.complete === true && inventory.entries === 0 && later === 0) totals.dockings_empty++;
}

/** Counts one remark in. */
export function countRemark(totals: Totals, { kind }: Remark): void {
  if (kind === 'finding') totals.findings++;
  else totals.notes++;
}

/** Adds the second to the first. */
export function addTotals(sum: Totals, more: Totals): void {
  for (const [name, value] of Object.entries(more) as [keyof Totals, Totals[keyof Totals]][]) {
    if (name !== 'rejected' && typeof value === 'number') sum[name] += value;
  }
  for (const [reason, count] of Object.entries(more.rejected))
    sum.rejected[reason] = (sum.rejected[reason] ?? 0) + count;
}
