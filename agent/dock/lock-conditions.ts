// Tells that no more passwords are tried at a bay: its cameras refused the configured one too often in a row.
import type { BayConfig } from '../../config/station-config.ts';
import type { LockListener } from '../../drivers/ambarella/login-guard.ts';
import type { Conditions } from '../../protocol/format/ports.ts';

const CONDITION = 'camera.locked-out';

/** Subject is the bay of the port; a port of no bay is none of ours. */
export function lockConditions(
  bays: readonly Pick<BayConfig, 'id' | 'usbPort'>[],
  conditions: Conditions,
): LockListener {
  const bayAt = (portPath: string): string | undefined =>
    bays.find(({ usbPort }) => usbPort === portPath)?.id;
  return {
    onLocked: (portPath, refusals) => {
      const bay = bayAt(portPath);
      if (bay !== undefined) conditions.raise(CONDITION, bay, { refusals });
    },
    onFree: (portPath) => {
      const bay = bayAt(portPath);
      if (bay !== undefined) conditions.clear(CONDITION, bay);
    },
  };
}
