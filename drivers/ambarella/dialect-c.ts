// Speaks dialect C: a password, and the way to storage mode. It tells nothing of itself.
import type { UsbControl } from '../usb/transport.ts';
import { answered, answeredOrLeft, TRANSFER_MS, type Dialect } from './dialect.ts';
import {
  ANSWER_C,
  ANSWER_C_BYTES,
  encodeC,
  parseC,
  PASSWORD_C_CHARACTERS_MAX,
  requestC,
  type RequestC,
} from './wire-c.ts';

/** Shape: as Dialect. */
export const dialectC: Dialect = {
  name: 'c',
  passwords: `1 to ${PASSWORD_C_CHARACTERS_MAX} ASCII characters`,
  fits: (password) => password.length <= PASSWORD_C_CHARACTERS_MAX,
  canSpeak: () => true,
  greet: async () => undefined,
  logIn: async ({ control }, password, signal) => {
    const outcome = await answered(() => exchange(control, 'logIn', password, signal), signal);
    return outcome ?? 'no-answer';
  },
  tell: async () => ({ serial: null, batteryPercent: null }),
  showDisk: async ({ control }, _password, signal) => {
    const outcome = await answeredOrLeft(() => exchange(control, 'storageMode', '', signal), signal);
    return outcome === 'refused' ? 'refused' : 'sent';
  },
};

async function exchange(
  control: UsbControl,
  name: RequestC,
  password: string,
  signal: AbortSignal,
): Promise<'accepted' | 'refused' | undefined> {
  await control.controlOut(requestC(name), encodeC(name, password), TRANSFER_MS, signal);
  return parseC(await control.controlIn(ANSWER_C, ANSWER_C_BYTES, TRANSFER_MS, signal));
}
