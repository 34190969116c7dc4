// Adapter of CyclePower to the power helper's Unix socket (power-request.ts).
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { askHelper } from '../ask-helper.ts';
import type { CyclePower } from './port-power.ts';
import { encodePowerRequest, parsePowerAnswer, POWER_ANSWER_BYTES_MAX } from './power-request.ts';

/** Off for 3 s, and what the kernel takes to let go of a device that hangs. */
const ANSWER_MS = 30_000;
const ABSENT = 'power.absent';

export interface HelperPowerOptions {
  readonly socket: string;
  /** The bay at a USB port: the helper knows bays only. */
  readonly bayAt: (portPath: string) => BayId | undefined;
  readonly clock: Clock;
  /** Told why nothing was switched: a code of the helper's, or "power.absent". */
  readonly onRefused: (portPath: string, code: string, words: string) => void;
}

/** Shape: as CyclePower. */
export function helperPower({ socket, bayAt, clock, onRefused }: HelperPowerOptions): CyclePower {
  const refused = (portPath: string, code: string, words: string): 'refused' => {
    onRefused(portPath, code, words);
    return 'refused';
  };
  return async (portPath, signal) => {
    const bay = bayAt(portPath);
    if (bay === undefined) return refused(portPath, 'power.refused', 'no bay has this port');
    let said: string;
    try {
      said = await askHelper({ ...question(socket, bay), clock }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isDockError(error, ABSENT)) throw error;
      return refused(portPath, ABSENT, error.message);
    }
    const answer = parsePowerAnswer(said);
    if (answer === undefined)
      return refused(portPath, ABSENT, 'the power helper gave no answer that can be read');
    return answer.ok ? 'cycled' : refused(portPath, answer.code, answer.message);
  };
}

function question(socket: string, bay: BayId) {
  return {
    socket,
    line: encodePowerRequest(bay),
    answerBytesMax: POWER_ANSWER_BYTES_MAX,
    answerMs: ANSWER_MS,
    service: 'bodydock-power',
    who: 'the power helper, which is off unless bodydock-power.service is enabled,',
    fail: (_kind: string, words: string, cause?: unknown) =>
      new DockError(ABSENT, words, { retry: 'later', cause }),
  };
}
