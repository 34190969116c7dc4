// Speaks dialect C: a password, and the way to storage mode. It tells nothing of itself.
import type { UsbControl, UsbRequest } from '../usb/transport.ts';
import { answered, answeredOrLeft, asciiBytes, type Dialect, TRANSFER_MS } from './dialect.ts';

// Dialect C on the wire: packets of 64 bytes on the control pipe. Pure. Nobody here has such a camera: the facts are those of public tools
// for USB id 4255:0001. It knows neither identity nor battery nor clock.

const PACKET_BYTES = 64;
/** bRequest of the answer, and of all requests but the one for storage mode. */
const REQUEST = 0x55;
const VALUE = 0x0080;

/** Every request that is ever sent: its bRequest and the first bytes of its packet. */
const REQUESTS_C = {
  logIn: { request: REQUEST, head: [0xa1, 0x12, 0x00, 0x12] },
  storageMode: { request: 0x50, head: [0xa1, 0x23, 0x00, 0x23] },
} as const;
type RequestC = keyof typeof REQUESTS_C;

/** How a request goes out. bmRequestType 0x40. */
export function requestC(name: RequestC): UsbRequest {
  return { type: 'vendor', recipient: 'device', request: REQUESTS_C[name].request, value: VALUE, index: 0 };
}

/** How an answer is fetched. bmRequestType 0xC0. */
const ANSWER_C: UsbRequest = {
  type: 'vendor',
  recipient: 'device',
  request: REQUEST,
  value: VALUE,
  index: 0,
};
const ANSWER_C_BYTES = 10;
const STATUS_AT = 2;
const STATUS_ACCEPTED = 1;

/** What of the log-in's packet is left for the password. */
const PASSWORD_C_CHARACTERS_MAX = PACKET_BYTES - REQUESTS_C.logIn.head.length;

/** The packet, filled with zeros. A longer password is a mistake of the caller. */
export function encodeC(name: RequestC, password: string = ''): Uint8Array {
  if (password.length > PASSWORD_C_CHARACTERS_MAX) throw new RangeError('a password that does not fit');
  const { head } = REQUESTS_C[name];
  const packet = new Uint8Array(PACKET_BYTES);
  packet.set(head);
  packet.set(asciiBytes(password), head.length);
  return packet;
}

/** What an answer says; undefined where it has another length than answers have. Never throws. */
export function parseC(bytes: Uint8Array): 'accepted' | 'refused' | undefined {
  if (bytes.length !== ANSWER_C_BYTES) return undefined;
  return bytes[STATUS_AT] === STATUS_ACCEPTED ? 'accepted' : 'refused';
}

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
