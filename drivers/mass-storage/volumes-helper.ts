// Adapter of the Volumes port to the mount helper's Unix socket (mount-request.ts).
import { connect } from 'node:net';
import { DockError, systemCode } from '../../protocol/errors.ts';
import type { BayId } from '../../protocol/ids.ts';
import type { Clock } from '../../protocol/ports.ts';
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

function ask(
  { socket: path, clock }: HelperVolumesOptions,
  request: MountRequest,
  signal: AbortSignal,
): Promise<MountAnswer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const socket = connect(path);
    let text = '';
    const end = (settle: () => void): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    const fail = (code: MountCode, words: string, cause?: unknown): void =>
      end(() => reject(mountError(code, words, cause)));
    const onAbort = (): void => end(() => reject(signal.reason as Error));
    const cancel = clock.after(ANSWER_MS, () =>
      fail('mount.timeout', `the mount helper gave no answer in ${ANSWER_MS} ms`),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(encodeMountRequest(request)));
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > MOUNT_ANSWER_BYTES_MAX) fail('mount.refused', 'the mount helper said too much');
    });
    socket.on('end', () => {
      const answer = parseMountAnswer(text);
      if (answer === undefined) fail('mount.refused', 'the mount helper gave no answer that can be read');
      else end(() => resolve(answer));
    });
    socket.on('error', (error) => {
      const code = systemCode(error) ?? 'unknown';
      const words = `the mount helper cannot be asked at ${path} (${code}): see whether its service runs and whether the agent is in the group of its socket`;
      fail('mount.refused', words, error);
    });
  });
}

function mountError(code: MountCode, message: string, cause?: unknown): DockError {
  const retry = code === 'mount.refused' || code === 'mount.write-protected' ? 'person' : 'later';
  return new DockError(code, message, { cause, retry, facts: { reason: code } });
}
