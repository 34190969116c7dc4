// Speaks dialect B. It cannot be asked anything without the password; its battery cannot be asked for at all.
import type { UsbOpened } from '../usb/open-usb.ts';
import type { UsbTransport } from '../usb/transport.ts';
import { answered, answeredOrLeft, TRANSFER_MS, type Dialect } from './dialect.ts';
import {
  deviceIdB,
  encodeB,
  isPasswordB,
  logInOutcomeB,
  parseB,
  PASSWORD_B_CHARACTERS,
  type RequestB,
} from './wire-b.ts';

/** Shape: as Dialect. */
export const dialectB: Dialect = {
  name: 'b',
  passwords: `exactly ${PASSWORD_B_CHARACTERS} ASCII characters, none of them ";", "#" or "@"`,
  fits: isPasswordB,
  canSpeak: ({ bulk }) => bulk !== undefined,
  greet: async () => undefined,
  logIn: async (line, password, signal) => {
    const text = await ask(line, 'logIn', password, signal);
    return (text === undefined ? undefined : logInOutcomeB(text)) ?? 'no-answer';
  },
  tell: async (line, password, signal) => {
    const text = await ask(line, 'deviceId', password, signal);
    return { serial: text === undefined ? null : deviceIdB(text), batteryPercent: null };
  },
  showDisk: async ({ bulk }, password, signal) => {
    if (bulk === undefined) return 'refused';
    await answeredOrLeft(() => exchange(bulk, 'storageMode', password, signal), signal);
    return 'sent'; // no tool knows what a refusal looks like: a camera that refuses does not leave
  },
};

async function ask(
  { bulk }: UsbOpened,
  request: RequestB,
  password: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (bulk === undefined) return undefined;
  return answered(() => exchange(bulk, request, password, signal), signal);
}

async function exchange(
  bulk: UsbTransport,
  request: RequestB,
  password: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  await bulk.bulkOut(encodeB(request, password), TRANSFER_MS, signal);
  return parseB(await bulk.bulkIn(bulk.packetBytes, TRANSFER_MS, signal));
}
