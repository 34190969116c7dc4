// What the log says came last of each camera. Asked once a run: the answer may take a search of all of it.
import type { CameraId } from '../../protocol/format/ids.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import type { LoggedEnd } from './last-of-camera.ts';

export class LoggedEnds {
  readonly #told = new Map<CameraId, LoggedEnd | undefined>();

  /** Undefined where the log tells of none. Errors: those of `ask`, which is tried at three looks and asked anew the next time. */
  async of(
    camera: CameraId,
    ask: (camera: CameraId) => Promise<LoggedEnd | undefined>,
  ): Promise<LoggedEnd | undefined> {
    if (!this.#told.has(camera)) this.#told.set(camera, await lookPatiently(() => ask(camera)));
    return this.#told.get(camera);
  }
}
