// Dialect C on the wire: packets of 64 bytes on the control pipe. Pure. Nobody here has such a camera: the facts are those of public tools
// for USB id 4255:0001. It knows neither identity nor battery nor clock.
import type { UsbRequest } from '../usb/transport.ts';
import { asciiBytes } from './wire-text.ts';

const PACKET_BYTES = 64;
/** bRequest of the answer, and of all requests but the one for storage mode. */
const REQUEST = 0x55;
const VALUE = 0x0080;

/** Every request that is ever sent: its bRequest and the first bytes of its packet. */
export const REQUESTS_C = {
  logIn: { request: REQUEST, head: [0xa1, 0x12, 0x00, 0x12] },
  storageMode: { request: 0x50, head: [0xa1, 0x23, 0x00, 0x23] },
} as const;
export type RequestC = keyof typeof REQUESTS_C;

/** How a request goes out. bmRequestType 0x40. */
export function requestC(name: RequestC): UsbRequest {
  return { type: 'vendor', recipient: 'device', request: REQUESTS_C[name].request, value: VALUE, index: 0 };
}

/** How an answer is fetched. bmRequestType 0xC0. */
export const ANSWER_C: UsbRequest = {
  type: 'vendor',
  recipient: 'device',
  request: REQUEST,
  value: VALUE,
  index: 0,
};
export const ANSWER_C_BYTES = 10;
const STATUS_AT = 2;
const STATUS_ACCEPTED = 1;

/** What of the log-in's packet is left for the password. */
export const PASSWORD_C_CHARACTERS_MAX = PACKET_BYTES - REQUESTS_C.logIn.head.length;

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
