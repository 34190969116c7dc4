// The mount helper's socket.
import {
  encodeMountAnswer,
  MOUNT_REQUEST_BYTES_MAX,
  parseMountRequest,
  type MountAnswer,
  type MountRequest,
} from '../../../drivers/mass-storage/mount-request.ts';
import type { LineSocket } from '../../platform/line-socket.ts';
import { listenAsHelper, type HelperSocketDeps } from '../helper-socket.ts';

export interface MountServerDeps extends Pick<HelperSocketDeps, 'socket' | 'gid' | 'clock' | 'log'> {
  /** Never rejects. */
  readonly answer: (request: MountRequest) => Promise<MountAnswer>;
}

/** As listenAsHelper. Errors: "mount.taken" where another helper listens there, or something that is no socket lies there; the system's. */
export function listen(
  { answer, ...deps }: MountServerDeps,
  prepare: () => Promise<void>,
): Promise<LineSocket> {
  return listenAsHelper(
    {
      ...deps,
      requestBytesMax: MOUNT_REQUEST_BYTES_MAX,
      answer: (line) => {
        const request = parseMountRequest(line);
        return request && answer(request).then(encodeMountAnswer);
      },
      other: { who: 'another mount helper', code: 'mount.taken' },
    },
    prepare,
  );
}
