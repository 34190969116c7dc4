// What the agent and the mount helper say to each other over the helper's socket. One request for each connection: a line of two words, a verb
// and a bay; then one line of JSON back, and the end. Neither a path nor a device can be said. Pure.
import { isBayId, type BayId } from '../../protocol/format/ids.ts';
import type { MountCode, VolumeReport } from './volumes.ts';

/** Where the helper's socket and mount points are; both programs know it. The folder is root's. */
export const MOUNT_FOLDER_DEFAULT = '/run/bodydock-mount';
export const MOUNT_SOCKET_NAME = 'control.sock';
/** The longest verb, a bay of 32 characters, and the line end. */
export const MOUNT_REQUEST_BYTES_MAX = 64;
export const MOUNT_ANSWER_BYTES_MAX = 16 * 1024;

export const MOUNT_VERBS = ['mount-ro', 'mount-rw', 'unmount'] as const;
export type MountVerb = (typeof MOUNT_VERBS)[number];

export interface MountRequest {
  readonly verb: MountVerb;
  readonly bay: BayId;
}

/** `report` is null behind `unmount`. */
export type MountAnswer =
  | { readonly ok: true; readonly report: VolumeReport | null }
  | { readonly ok: false; readonly code: MountCode; readonly message: string };

export function encodeMountRequest({ verb, bay }: MountRequest): string {
  return `${verb} ${bay}\n`;
}

/** Shape: one line without its end. Undefined for anything else; never throws. */
export function parseMountRequest(line: string): MountRequest | undefined {
  const [word, bay, ...more] = line.split(' ');
  const verb = MOUNT_VERBS.find((each) => each === word);
  if (verb === undefined || bay === undefined || more.length > 0 || !isBayId(bay)) return undefined;
  return { verb, bay };
}

export function encodeMountAnswer(answer: MountAnswer): string {
  return `${JSON.stringify(answer.ok ? { ok: true, report: wireReport(answer.report) } : answer)}\n`;
}

function wireReport(report: VolumeReport | null): unknown {
  if (report === null) return null;
  const { volume, others } = report;
  if (volume === null) return { volume, others };
  const { folder, mode, identity, device, fileSystem, sizeBytes, isCutShort } = volume;
  const wire = { folder, mode, identity, device, file_system: fileSystem, size_bytes: sizeBytes };
  return { volume: { ...wire, is_cut_short: isCutShort }, others };
}
