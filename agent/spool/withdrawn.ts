// Recordings whose documents do not stand for a file on a camera any more: what is here of them is damaged, or the store was restored and may lack
// them (SPEC 6.10). A file that is still on a camera is pulled as a new recording that replaces them.
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import type { SpooledRecording } from './spooled-recording.ts';

/** Of one spool. */
export class Withdrawn {
  readonly #recordings = new Map<RecordingId, SpooledRecording>();

  add(recording: SpooledRecording): void {
    this.#recordings.set(recording.recording, recording);
  }

  /** Recordings that a new one with this original replaces. */
  replacedBy(camera: CameraId, pathSha256: string, originalSha256: string): RecordingId[] {
    return [...this.#recordings.values()]
      .filter(
        (each) =>
          each.camera === camera && each.pathSha256 === pathSha256 && each.originalSha256 === originalSha256,
      )
      .map(({ recording }) => recording);
  }
}
