// Adapter of CyclePower to the power helper, and what the two say to each other (helper.ts, SPEC 14.6).
import * as z from 'zod';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { askHelper, encodeHelperRequest, parseHelperAnswer } from '../helper.ts';
import type { CyclePower } from './port-power.ts';

/** Where the helper's socket is; both programs know it. The folder is root's. */
export const POWER_FOLDER_DEFAULT = '/run/bodydock-power';
export const POWER_VERBS = ['power-cycle'] as const;
/** Off for 3 s, and what the kernel takes to let go of a device that hangs. */
const ANSWER_MS = 30_000;
const ANSWER_BYTES_MAX = 2048;
const ABSENT = 'power.absent';

/** Why nothing was switched. */
const POWER_CODES = [
  /** No bay has that port, or not it alone hangs there. */
  'power.refused',
  /** The kernel has no switch for the port: Linux before 6.0, or nothing is at the port's hub. */
  'power.unsupported',
  /** Switched too often of late. */
  'power.too-soon',
  /** The kernel took the switch and refused. */
  'power.failed',
] as const;
export type PowerCode = (typeof POWER_CODES)[number];

const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), code: z.enum(POWER_CODES), message: z.string().max(1024) }),
]);
export type PowerAnswer = Readonly<z.output<typeof answerSchema>>;

/** Undefined for what is none. Never throws. */
export function parsePowerAnswer(text: string): PowerAnswer | undefined {
  return parseHelperAnswer(text, answerSchema);
}

export interface HelperPowerOptions {
  readonly socket: string;
  /** The bay at a USB port: the helper knows bays only. */
  readonly bayAt: (portPath: string) => BayId | undefined;
  readonly clock: Clock;
  /** Called with why nothing was switched: a code of the helper's, or "power.absent". */
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
    line: encodeHelperRequest({ verb: 'power-cycle', bay }),
    answerBytesMax: ANSWER_BYTES_MAX,
    answerMs: ANSWER_MS,
    service: 'bodydock-power',
    who: 'the power helper, which is off unless bodydock-power.service is enabled,',
    fail: (_kind: string, words: string, cause?: unknown) =>
      new DockError(ABSENT, words, { retry: 'later', cause }),
  };
}
