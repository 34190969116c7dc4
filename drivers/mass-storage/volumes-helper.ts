// Adapter of the Volumes port to the mount helper, and what the two say to each other (helper.ts).
import * as z from 'zod';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { askHelper, encodeHelperRequest, parseHelperAnswer, type HelperRequest } from '../helper.ts';
import {
  LEFT_ALONE,
  MOUNT_CODES,
  mountError,
  type MountCode,
  type VolumeReport,
  type Volumes,
} from './volumes.ts';

/** Where the helper's socket and mount points are; both programs know it. The folder is root's. */
export const MOUNT_FOLDER_DEFAULT = '/run/bodydock-mount';
/** The helper gives up before that by itself. */
const ANSWER_MS = 90_000;
const ANSWER_BYTES_MAX = 16 * 1024;

export const MOUNT_VERBS = ['mount-ro', 'mount-rw', 'unmount'] as const;
type MountVerb = (typeof MOUNT_VERBS)[number];
export type MountRequest = HelperRequest<MountVerb>;

/** `report` is null after `unmount`. */
export type MountAnswer =
  | { readonly ok: true; readonly report: VolumeReport | null }
  | { readonly ok: false; readonly code: MountCode; readonly message: string };

/**
 * Shape and errors: as Volumes. Nothing is kept between two calls.
 * @param bayAt the bay at a USB port: the helper knows bays only.
 */
export function helperVolumes(
  socket: string,
  bayAt: (portPath: string) => BayId | undefined,
  clock: Clock,
): Volumes {
  const call = async (
    portPath: string,
    verb: MountVerb,
    signal: AbortSignal,
  ): Promise<VolumeReport | null> => {
    const bay = bayAt(portPath);
    if (bay === undefined) throw mountError('mount.refused', `no bay has USB port ${portPath}`);
    const answer = parseMountAnswer(await ask(socket, { verb, bay }, clock, signal));
    if (answer === undefined)
      throw mountError('mount.refused', 'the mount helper gave no answer that can be read');
    if (!answer.ok) throw mountError(answer.code, answer.message);
    return answer.report;
  };
  return {
    mount: async (portPath, mode, signal) => {
      const report = await call(portPath, `mount-${mode}`, signal);
      if (report === null) throw mountError('mount.refused', 'the mount helper gave no report');
      return report;
    },
    unmount: async (portPath, signal) => {
      await call(portPath, 'unmount', signal);
    },
  };
}

function ask(socket: string, request: MountRequest, clock: Clock, signal: AbortSignal): Promise<string> {
  const question = {
    socket,
    line: encodeHelperRequest(request),
    answerBytesMax: ANSWER_BYTES_MAX,
    answerMs: ANSWER_MS,
    who: 'the mount helper',
    service: 'bodydock-mount',
    clock,
    fail: (kind: string, words: string, cause?: unknown) =>
      mountError(kind === 'refused' ? 'mount.refused' : 'mount.timeout', words, cause),
  };
  return askHelper(question, signal);
}

/** As it goes over the socket. */
export function wireMountAnswer(answer: MountAnswer): unknown {
  if (!answer.ok || answer.report === null || answer.report.volume === null) return answer;
  const { volume, others } = answer.report;
  const { fileSystem: file_system, sizeBytes: size_bytes, isCutShort: is_cut_short, ...same } = volume;
  return { ok: true, report: { volume: { ...same, file_system, size_bytes, is_cut_short }, others } };
}

const volumeSchema = z
  .strictObject({
    folder: z.string().startsWith('/').max(256),
    mode: z.enum(['ro', 'rw']),
    identity: z.string().min(1).max(128),
    device: z.string().regex(/^\d{1,5}:\d{1,8}$/),
    file_system: z.enum(['vfat', 'exfat']),
    size_bytes: z.int().nonnegative(),
    is_cut_short: z.boolean(),
  })
  .transform(({ file_system: fileSystem, size_bytes: sizeBytes, is_cut_short: isCutShort, ...same }) => {
    return { ...same, fileSystem, sizeBytes, isCutShort };
  });
const reportSchema = z.strictObject({
  volume: volumeSchema.nullable(),
  others: z.array(z.enum(LEFT_ALONE)).max(256),
});
const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), report: reportSchema.nullable() }),
  z.strictObject({ ok: z.literal(false), code: z.enum(MOUNT_CODES), message: z.string().max(1024) }),
]);

/** Undefined for what is none. Never throws. */
export function parseMountAnswer(text: string): MountAnswer | undefined {
  return parseHelperAnswer(text, answerSchema);
}
