// Speaks dialect A. It is the only one that can be asked without a password whether it is understood.
import type { UsbControl } from '../usb/transport.ts';
import { answered, answeredOrLeft, TRANSFER_MS, type Dialect } from './dialect.ts';
import {
  batteryPercentA,
  encodeA,
  frameBytesA,
  isPingA,
  parseA,
  PASSWORD_A_CHARACTERS_MAX,
  REQUEST_A,
  serialOfIdBlock,
  type AnswerA,
  type CommandA,
} from './wire-a.ts';

/** Shape: as Dialect. */
export const dialectA: Dialect = {
  name: 'a',
  passwords: `1 to ${PASSWORD_A_CHARACTERS_MAX} ASCII characters`,
  fits: (password) => password.length <= PASSWORD_A_CHARACTERS_MAX,
  canSpeak: () => true,
  greet: async ({ control }, signal) => {
    const answer = await ask(control, 'ping', '', signal);
    return answer.kind === 'accepted' && isPingA(answer.data);
  },
  logIn: async ({ control }, password, signal) => {
    const { kind } = await ask(control, 'logIn', password, signal);
    return kind === 'nonsense' ? 'no-answer' : kind;
  },
  tell: async ({ control }, _password, signal) => ({
    serial: await readSerial(control, signal),
    batteryPercent: await readBattery(control, signal),
  }),
  showDisk: async ({ control }, _password, signal) => {
    const answer = await answeredOrLeft(() => exchange(control, 'storageMode', '', signal), signal);
    return answer?.kind === 'refused' ? 'refused' : 'sent';
  },
};

/** The rest of the block is about persons: its bytes do not outlive this call. */
async function readSerial(control: UsbControl, signal: AbortSignal): Promise<string | null> {
  const answer = await ask(control, 'idBlock', '', signal);
  if (answer.kind !== 'accepted') return null;
  const serial = serialOfIdBlock(answer.data);
  answer.data.fill(0);
  return serial;
}

async function readBattery(control: UsbControl, signal: AbortSignal): Promise<number | null> {
  const answer = await ask(control, 'battery', '', signal);
  return answer.kind === 'accepted' ? batteryPercentA(answer.data) : null;
}

/** A request and its answer; "nonsense" where either of them failed. */
async function ask(
  control: UsbControl,
  command: CommandA,
  payload: string,
  signal: AbortSignal,
): Promise<AnswerA> {
  const answer = await answered(() => exchange(control, command, payload, signal), signal);
  return answer ?? { kind: 'nonsense' };
}

async function exchange(
  control: UsbControl,
  command: CommandA,
  payload: string,
  signal: AbortSignal,
): Promise<AnswerA> {
  await control.controlOut(REQUEST_A.out, encodeA(command, payload), TRANSFER_MS, signal);
  const bytes = await control.controlIn(REQUEST_A.in, frameBytesA(command), TRANSFER_MS, signal);
  return parseA(command, bytes);
}
