// Speaks dialect A. It is the only one that can be asked without a password whether it is understood.
import type { UsbControl, UsbRequest } from '../usb/transport.ts';
import {
  answered,
  answeredOrLeft,
  asciiBytes,
  type Dialect,
  TRANSFER_MS,
  zeroPaddedText,
} from './dialect.ts';

// Dialect A on the wire: framed vendor requests on the control pipe. Pure. Nobody here has such a camera: the facts are those of public
// tools for USB id 4255:0001, and no byte beyond them is relied on.
//
// Commands that set passwords, Wi-Fi, SIM, server, identity (E1 00 A1, A2, 31, E2 00 xx) or the clock (E1 00 41) exist and are not in this
// table: what is not in it cannot be sent.

const MAGIC = [0xa1, 0xb2, 0xc3, 0xd4, 0x00] as const;
const COMMAND_AT = 5;
/** Magic, three bytes of the command, and one that is zero. */
const HEADER_BYTES = 9;
const STATUS_AT = 6;
const STATUS_ACCEPTED = 0x80;

/** bmRequestType 0x40 out and 0xC0 in. The answer to a request is fetched by a request of its own. */
const REQUEST_A = {
  out: { type: 'vendor', recipient: 'device', request: 0x55, value: 0x00aa, index: 0 },
  in: { type: 'vendor', recipient: 'device', request: 0x55, value: 0, index: 0 },
} as const satisfies Record<string, UsbRequest>;

/** Every command that is ever sent: its bytes, and the length of its data in both directions. */
export const COMMANDS_A = {
  ping: { code: [0xe1, 0x00, 0x20], dataBytes: 5 },
  logIn: { code: [0xe1, 0x00, 0x11], dataBytes: 6 },
  idBlock: { code: [0xe1, 0x00, 0x30], dataBytes: 100 },
  battery: { code: [0xe1, 0x00, 0x70], dataBytes: 1 },
  storageMode: { code: [0xe1, 0x00, 0x51], dataBytes: 0 },
} as const;
export type CommandA = keyof typeof COMMANDS_A;

/** A password has at most as many characters as the login has data bytes. */
const PASSWORD_A_CHARACTERS_MAX = COMMANDS_A.logIn.dataBytes;

/** Bytes of a request, and of its answer. */
export function frameBytesA(command: CommandA): number {
  return HEADER_BYTES + COMMANDS_A[command].dataBytes;
}

/** The request; a shorter payload is filled with zeros. A longer one is a mistake of the caller. */
export function encodeA(command: CommandA, payload: string = ''): Uint8Array {
  const { code, dataBytes } = COMMANDS_A[command];
  if (payload.length > dataBytes) throw new RangeError(`a payload beyond ${dataBytes} bytes`);
  const frame = new Uint8Array(frameBytesA(command));
  frame.set(MAGIC);
  frame.set(code, COMMAND_AT);
  frame.set(asciiBytes(payload), HEADER_BYTES);
  return frame;
}

/** What an answer says. "nonsense": another length than was asked for. */
type AnswerA =
  | { readonly kind: 'accepted'; readonly data: Uint8Array }
  | { readonly kind: 'refused' }
  | { readonly kind: 'nonsense' };

/** `data` is a view on the bytes. Never throws. */
export function parseA(command: CommandA, bytes: Uint8Array): AnswerA {
  if (bytes.length !== frameBytesA(command)) return { kind: 'nonsense' };
  if (bytes[STATUS_AT] !== STATUS_ACCEPTED) return { kind: 'refused' };
  return { kind: 'accepted', data: bytes.subarray(HEADER_BYTES) };
}

/** A ping that was accepted answers these letters. */
export function isPingA(data: Uint8Array): boolean {
  return Buffer.from(data).toString('latin1') === 'ABCDE';
}

const SERIAL_BYTES = 9;

/**
 * The serial number of an id block, or null. The rest of the block (user id at 9, user name at 17, departments at 52 and 68) is about
 * persons: this is the only function that sees it, and it reads past it.
 */
export function serialOfIdBlock(data: Uint8Array): string | null {
  return zeroPaddedText(data.subarray(0, SERIAL_BYTES));
}

/** Per cent, or null where the byte is none. */
export function batteryPercentA(data: Uint8Array): number | null {
  const percent = data[0];
  return percent !== undefined && percent <= 100 ? percent : null;
}

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
