// Parses the mount helper's answer. The helper is ours and runs as root; what it says is checked all the same.
import * as z from 'zod';
import type { MountAnswer } from './mount-request.ts';
import { LEFT_ALONE, MOUNT_CODES, type VolumeReport } from './volumes.ts';

const volume = z.strictObject({
  folder: z.string().startsWith('/').max(256),
  mode: z.enum(['ro', 'rw']),
  identity: z.string().min(1).max(128),
  device: z.string().regex(/^\d{1,5}:\d{1,8}$/),
  file_system: z.enum(['vfat', 'exfat']),
  size_bytes: z.int().nonnegative(),
  is_cut_short: z.boolean(),
});
const report = z.strictObject({ volume: volume.nullable(), others: z.array(z.enum(LEFT_ALONE)).max(256) });
const answer = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), report: report.nullable() }),
  z.strictObject({ ok: z.literal(false), code: z.enum(MOUNT_CODES), message: z.string().max(1024) }),
]);

/** Undefined for what is none. Never throws. */
export function parseMountAnswer(text: string): MountAnswer | undefined {
  const parsed = answer.safeParse(jsonOrUndefined(text));
  if (!parsed.success) return undefined;
  const said = parsed.data;
  return said.ok ? { ok: true, report: said.report && mapReport(said.report) } : said;
}

function mapReport({ volume: said, others }: z.output<typeof report>): VolumeReport {
  if (said === null) return { volume: null, others };
  const { file_system: fileSystem, size_bytes: sizeBytes, is_cut_short: isCutShort, ...same } = said;
  return { volume: { ...same, fileSystem, sizeBytes, isCutShort }, others };
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
