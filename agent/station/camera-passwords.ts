// Which password belongs to the camera on a USB port. Read anew each time, so that a corrected file counts with the next docking.
import { readCameraPassword } from '../../config/camera-password.ts';
import type { StationConfig } from '../../config/station-config.ts';

type Settings = Pick<StationConfig, 'bays' | 'cameras'>;

/**
 * Shape: gives the password of the camera on that port; undefined where the configuration has none for it. A bay that names no camera
 * knows who is in it only after the password: it takes the one password file of the configuration, and none where there are several.
 * Errors: those of readCameraPassword.
 */
export function passwordOf(settings: Settings): (portPath: string) => Promise<string | undefined> {
  const files = new Map(settings.bays.map((bay) => [bay.usbPort, passwordFileOf(bay, settings)]));
  return async (portPath) => {
    const file = files.get(portPath) ?? null;
    return file === null ? undefined : readCameraPassword(file);
  };
}

function passwordFileOf({ camera }: Settings['bays'][number], { cameras }: Settings): string | null {
  if (camera !== null) return cameras.find(({ id }) => id === camera)?.passwordFile ?? null;
  const files = new Set(cameras.flatMap(({ passwordFile }) => passwordFile ?? []));
  const [only = null] = files;
  return files.size === 1 ? only : null;
}
