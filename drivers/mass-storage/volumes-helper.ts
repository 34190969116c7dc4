// Adapter of the Volumes port to the mount helper's Unix socket (mount-request.ts).
import { DockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { askHelper } from '../ask-helper.ts';
import { parseMountAnswer } from './mount-answer.ts';
import {
  encodeMountRequest,
  MOUNT_ANSWER_BYTES_MAX,
  type MountAnswer,
  type MountRequest,
  type MountVerb,
} from './mount-request.ts';
import type { MountCode, VolumeReport, Volumes } from './volumes.ts';

/** The helper gives up before that by itself. */
const ANSWER_MS = 90_000;

export interface HelperVolumesOptions {
  readonly socket: string;
  /** The bay at a USB port: the helper knows bays only. */
  readonly bayAt: (portPath: string) => BayId | undefined;
  readonly clock: Clock;
}

/** Shape and errors: as Volumes. Nothing is kept between two calls. */
export function helperVolumes(options: HelperVolumesOptions): Volumes {
  const call = async (
    portPath: string,
    verb: MountVerb,
    signal: AbortSignal,
  ): Promise<VolumeReport | null> => {
    const bay = options.bayAt(portPath);
    if (bay === undefined) throw mountError('mount.refused', `no bay has USB port ${portPath}`);
    const answer = await ask(options, { verb, bay }, signal);
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

async function ask(
  { socket, clock }: HelperVolumesOptions,
  request: MountRequest,
  signal: AbortSignal,
): Promise<MountAnswer> {
  const said = await askHelper(
    {
      socket,
      line: encodeMountRequest(request),
      answerBytesMax: MOUNT_ANSWER_BYTES_MAX,
      answerMs: ANSWER_MS,
      who: 'the mount helper',
      service: 'bodydock-mount',
      clock,
      fail: (kind, words, cause) =>
        mountError(kind === 'refused' ? 'mount.refused' : 'mount.timeout', words, cause),
    },
    signal,
  );
  const answer = parseMountAnswer(said);
  if (answer === undefined)
    throw mountError('mount.refused', 'the mount helper gave no answer that can be read');
  return answer;
}

function mountError(code: MountCode, message: string, cause?: unknown): DockError {
  const retry = code === 'mount.refused' || code === 'mount.write-protected' ? 'person' : 'later';
  return new DockError(code, message, { cause, retry, facts: { reason: code } });
}
