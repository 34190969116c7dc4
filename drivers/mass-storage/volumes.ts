// Port: mounting the volume of a camera that shows itself as a disk. The agent may not mount: a helper that runs as root does, and takes no
// path and no device from anybody.
//
// Which volume: units of the device in their order, partitions of each in theirs; the first FAT or exFAT is taken. Every other one, known or
// unknown, is left alone and told, so that the inventory does not pass for complete: what lies on it is not taken. A slot without a card beside
// a volume is nothing to tell.
import * as z from 'zod';
import { DockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { askHelper, encodeHelperRequest, type HelperRequest, parseHelperAnswer } from '../helper.ts';

/** How a volume is mounted: "rw" only while a release that the gate allowed erases. */
export type MountMode = 'ro' | 'rw';

/** Why something on the device was left alone; these are reasons of an inventory's problems too. */
const LEFT_ALONE = [
  'other-volume',
  'unknown-file-system',
  'encrypted-volume',
  'unreadable-volume',
  'damaged-file-system',
  'no-medium',
] as const;
export type LeftAlone = (typeof LEFT_ALONE)[number];

/** A volume that is mounted. */
export interface MountedVolume {
  readonly folder: string;
  readonly mode: MountMode;
  /** The same text only for the same partition of the same medium that never left. */
  readonly identity: string;
  /** "major:minor" of what is mounted, which may be a device in front of the disk. */
  readonly device: string;
  readonly fileSystem: 'vfat' | 'exfat';
  /** Of the partition. */
  readonly sizeBytes: number;
  /** The file system says that it is larger than the partition: what lies after its end cannot be read or listed. */
  readonly isCutShort: boolean;
}

/** What is at a port. */
export interface VolumeReport {
  /** null where there is none that the station mounts. */
  readonly volume: MountedVolume | null;
  /** One for each volume or slot that was left alone. */
  readonly others: readonly LeftAlone[];
}

/** Codes of the port's errors. */
export const MOUNT_CODES = [
  /** The kernel has made no disk at the port, not yet or not any more. */
  'mount.no-device',
  /** Something on the station uses the mount, or another request for the bay is under way. */
  'mount.busy',
  /** The medium refuses to be written, by its switch for example. Nothing is mounted then. */
  'mount.write-protected',
  /** No end in time, or the helper hung up before it answered. */
  'mount.timeout',
  /** Other than it has to be; nothing is mounted then. */
  'mount.failed',
  /** No bay has that port, its disk is the station's own, or the helper cannot be asked. */
  'mount.refused',
] as const;
export type MountCode = (typeof MOUNT_CODES)[number];

/** `words` hold no name that a device gave. */
export function mountError(code: MountCode, words: string, cause?: unknown): DockError {
  const retry = code === 'mount.refused' || code === 'mount.write-protected' ? 'person' : 'later';
  return new DockError(code, words, { cause, retry, facts: { reason: code } });
}

/** Errors: DockError with one of MOUNT_CODES; the signal's reason. */
export interface Volumes {
  /**
   * Mounts in that mode, or finds it so. "rw" is a new mount of the volume that was mounted before, and goes back to nothing mounted by itself
   * RW_LEASE_MS after it was asked for last.
   */
  mount(portPath: string, mode: MountMode, signal: AbortSignal): Promise<VolumeReport>;
  /** What was written is on the medium when it resolves; read-only from then on. Nothing to do where nothing is mounted. */
  unmount(portPath: string, signal: AbortSignal): Promise<void>;
}

/** A wave of erasures asks again long before. */
export const RW_LEASE_MS = 60_000;

// Adapter of the port to the mount helper, and what the two say to each other.

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
