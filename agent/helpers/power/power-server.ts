// The power helper's socket.
import {
  encodePowerAnswer,
  parsePowerRequest,
  POWER_REQUEST_BYTES_MAX,
} from '../../../drivers/usb/power-request.ts';
import type { LineSocket } from '../../platform/line-socket.ts';
import { listenAsHelper, type HelperSocketDeps } from '../helper-socket.ts';
import type { PowerHelper } from './power-helper.ts';

/**
 * As listenAsHelper, once what an earlier run left off is on.
 * Errors: "power.taken" where another helper listens there, or something that is no socket lies there; the system's.
 */
export function listenForPower(
  deps: Pick<HelperSocketDeps, 'socket' | 'gid' | 'clock' | 'log'>,
  helper: PowerHelper,
): Promise<LineSocket> {
  return listenAsHelper(
    {
      ...deps,
      requestBytesMax: POWER_REQUEST_BYTES_MAX,
      answer: (line) => {
        const bay = parsePowerRequest(line);
        return bay && helper.answer(bay).then(encodePowerAnswer);
      },
      other: { who: 'another power helper', code: 'power.taken' },
    },
    () => helper.restore(),
  );
}
