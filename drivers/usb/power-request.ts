// What the agent and the power helper say to each other over the helper's socket (SPEC 14.6). One request for each connection: a verb and a bay;
// then one line of JSON back, and the end. No port, path or device can be said. Pure.
import * as z from 'zod';
import { isBayId, type BayId } from '../../protocol/format/ids.ts';

/** Where the helper's socket is; both programs know it. The folder is root's. */
export const POWER_FOLDER_DEFAULT = '/run/bodydock-power';
export const POWER_SOCKET_NAME = 'control.sock';
/** The verb, a bay of 32 characters, and the line end. */
export const POWER_REQUEST_BYTES_MAX = 64;
export const POWER_ANSWER_BYTES_MAX = 2048;

/** Why nothing was switched. */
export const POWER_CODES = [
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

export type PowerAnswer =
  { readonly ok: true } | { readonly ok: false; readonly code: PowerCode; readonly message: string };

const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), code: z.enum(POWER_CODES), message: z.string().max(1024) }),
]);
const VERB = 'power-cycle';

export function encodePowerRequest(bay: BayId): string {
  return `${VERB} ${bay}\n`;
}

/** The bay. Shape: one line without its end. Undefined for anything else; never throws. */
export function parsePowerRequest(line: string): BayId | undefined {
  const [word, bay, ...more] = line.split(' ');
  return word === VERB && bay !== undefined && more.length === 0 && isBayId(bay) ? bay : undefined;
}

export function encodePowerAnswer(answer: PowerAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

/** Undefined for what is none. Never throws. */
export function parsePowerAnswer(text: string): PowerAnswer | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
