// Speaks dialect B. It cannot be asked anything without the password; its battery cannot be asked for at all.
import type { UsbOpened } from '../usb/device.ts';
import type { UsbTransport } from '../usb/transport.ts';
import { answered, answeredOrLeft, asciiBytes, type Dialect, printableText, TRANSFER_MS } from './dialect.ts';

// Dialect B on the wire: ASCII requests on the bulk pipes of interface 0. Pure. Nobody here has such a camera: the facts are those of public
// tools for USB id 4255:0001.
//
// The setting of date and time (@Sdt, @Stm) exists and is not in this table: what is not in it cannot be sent.

/** The length that every request with a password states: other passwords cannot be sent. */
const PASSWORD_B_CHARACTERS = 8;
const ANSWER_BYTES_MAX = 64;

/** Every request that is ever sent, by its word on the wire. Each carries the password, the log-in as the others. */
const REQUESTS_B = { logIn: 'Ver', deviceId: 'Gdv', storageMode: 'ATH' } as const;
type RequestB = keyof typeof REQUESTS_B;

/** True for a password that can stand in a request: of the stated length, and without the signs that end a field or the request. */
export function isPasswordB(password: string): boolean {
  return password.length === PASSWORD_B_CHARACTERS && !/[;#@]/.test(password);
}

/** `@<word>;8;<password>;#`. A password that is none is a mistake of the caller. */
export function encodeB(request: RequestB, password: string): Uint8Array {
  if (!isPasswordB(password)) throw new RangeError('a password that does not fit');
  return asciiBytes(`@${REQUESTS_B[request]};${PASSWORD_B_CHARACTERS};${password};#`);
}

/** Text of an answer; undefined where it is longer than any, empty, or no ASCII. Zeros behind it are padding. Never throws. */
export function parseB(bytes: Uint8Array): string | undefined {
  if (bytes.length > ANSWER_BYTES_MAX) return undefined;
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  return printableText(text.filter((byte) => byte !== 0x0d && byte !== 0x0a)) ?? undefined;
}

/** What an answer to the log-in says; undefined where it is no answer to a log-in. */
export function logInOutcomeB(text: string): 'accepted' | 'refused' | undefined {
  if (text.includes('Ver;OK')) return 'accepted';
  return text.includes('Ver;') ? 'refused' : undefined;
}

const SERIAL_CHARACTERS_MAX = 64;

/** The third field of an answer to "device id", or null. */
export function deviceIdB(text: string): string | null {
  if (!text.startsWith('@Gdv')) return null;
  const field = text.split(';')[2]?.replace(/#.*$/, '').trim().slice(0, SERIAL_CHARACTERS_MAX);
  return field === undefined || field === '' ? null : field;
}

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
