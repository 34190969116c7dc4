// Pieces that both schema files share. Every option carries a description (for the handbook and the JSON Schema) and the words
// that a message uses for what may stand there.
import * as z from 'zod';
import * as ids from '../protocol/format/ids.ts';
import { MESSAGE_BYTES_MIN, MESSAGE_OVERHEAD_BYTES } from '../protocol/format/limits.ts';
import { BASE_PATTERN } from '../protocol/transfer/topics.ts';
import { USB_PORT_PATTERN } from './usb-buses.ts';

/** Largest MQTT packet by default: what EMQX takes without being told, and two digest units. */
export const PACKET_BYTES_DEFAULT = 1024 * 1024;
/** Above it one message holds the line for seconds on a slow uplink. */
export const PACKET_BYTES_MAX = 16 * 1024 * 1024;
const PACKET_BYTES_MIN = MESSAGE_BYTES_MIN + MESSAGE_OVERHEAD_BYTES;
const PATH_CHARACTERS_MAX = 1024;
const KIB = 1024;
const TIB = KIB ** 4;

/** Ports below are those of the system. */
export const PORT_MIN = 1024;
export const PORT_MAX = 65_535;

const NAME_WORDS = '1 to 32 of a-z, 0-9 and "-", with no "-" at either end';
const name = (pattern: RegExp): z.ZodString => z.string().regex(pattern);

/** Id of a station, as a text of the schema; the mapping brands it. */
export function stationId(description: string): z.ZodString {
  const pattern = new RegExp(`^(?!r-|policies$)${ids.NAME_PATTERN.source.slice(1)}`);
  return name(pattern).meta({ description, allowed: `${NAME_WORDS}, not starting with "r-"` });
}

/** Id of a bay or of a camera. */
export function plainId(description: string): z.ZodString {
  return name(ids.NAME_PATTERN).meta({ description, allowed: NAME_WORDS });
}

/** Id of a receiver. */
export function receiverId(description: string): z.ZodString {
  return name(ids.RECEIVER_PATTERN).meta({ description, allowed: `"r-" and ${NAME_WORDS}, 32 in all` });
}

/** A path in the file system; a relative one starts at the folder of the configuration file. */
export function path(description: string): z.ZodString {
  const text = `${description} A relative path starts at the folder of this file.`;
  return z
    .string()
    .min(1)
    .max(PATH_CHARACTERS_MAX)
    .regex(/^[^\0]*$/)
    .meta({ description: text, allowed: `a path of 1 to ${PATH_CHARACTERS_MAX} characters` });
}

/** Path of a device node. Whether it lies below /dev is a rule of its own, with words of its own. */
export function devicePath(description: string): z.ZodString {
  return z
    .string()
    .min(1)
    .max(PATH_CHARACTERS_MAX)
    .regex(/^[^\0]*$/)
    .meta({
      description,
      allowed: `an absolute path below /dev of at most ${PATH_CHARACTERS_MAX} characters`,
    });
}

/** A USB socket by its controller, or as the kernel names it. */
export function usbPort(description: string): z.ZodString {
  return z.string().regex(USB_PORT_PATTERN).meta({
    description,
    allowed: 'controller, generation and ports as in "xhci-hcd.0/usb2-1.4", or bus and ports as in "1-1.4"',
  });
}

/** An LED as the kernel names it, such as "green:bay-1" or "ACT". */
export function ledName(description: string): z.ZodString {
  return z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9:._+-]{0,63}$/)
    .meta({ description, allowed: '1 to 64 letters, digits and ":._+-", as `ls /sys/class/leds` shows it' });
}

/** A text that people read, without line breaks or other control characters. */
export function label(description: string, charactersMax: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u)
    .meta({ description, allowed: `1 to ${charactersMax} printable characters` });
}

/** A whole number with its bounds. */
export function count(description: string, min: number, max: number): z.ZodInt {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ description, allowed: `a whole number from ${min} to ${max}` });
}

/** A size in bytes, at most 1 PiB. */
export function bytes(description: string, min: number): z.ZodInt {
  return count(description, min, KIB * TIB);
}

/** A time of day, "HH:MM". */
export function timeOfDay(description: string): z.ZodString {
  return z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/)
    .meta({ description, allowed: 'a time of day from 00:00 to 23:59' });
}

/** A public key as the second line of a minisign .pub file has it. Whether it is one is checked by the loader. */
export function publicKey(description: string): z.ZodString {
  return z
    .string()
    .regex(/^[A-Za-z0-9+/]{56}$/)
    .meta({ description, allowed: 'the second line of a minisign .pub file: 56 characters, "RW..."' });
}

const ROLE_KEYS_MAX = 64;

/** Keys of one role. */
export function roleKeys(description: string): z.ZodDefault<z.ZodArray<z.ZodString>> {
  return z
    .array(publicKey('One public key of a holder of this role.'))
    .max(ROLE_KEYS_MAX)
    .default([])
    .meta({ description, allowed: `a list of at most ${ROLE_KEYS_MAX} public keys` });
}

/** `version`, the same in both files. */
export function version(): z.ZodLiteral<1> {
  return z.literal(1).meta({ description: 'Version of the format of this file.', allowed: '1' });
}

/** `keys`, the same in both files. */
export function signingKeys(description: string): z.ZodObject<{ signing_file: z.ZodString }> {
  return z.strictObject({ signing_file: path(description) }).meta({
    description: 'Files with private keys. They are in files of their own, never in this one.',
    allowed: 'a group of keys',
  });
}

/** What both ends need to reach the broker, as fields of the group `broker`. */
export const brokerFields = {
  url: z.string().max(PATH_CHARACTERS_MAX).meta({
    description:
      'Address of the MQTT broker: mqtts://host:port. mqtt:// without TLS is taken for this machine itself only.',
    allowed: 'mqtts://HOST[:PORT], or mqtt://localhost[:PORT]',
  }),
  base: z.string().regex(BASE_PATTERN).default('bodydock').meta({
    description:
      'First part of every topic; the same at the station, the receiver and in the ACL of the broker.',
    allowed: 'one or two parts of a-z, 0-9 and "-", with "/" between them',
  }),
  protocol: z.literal(['auto', 4, 5]).default('auto').meta({
    description: 'Version of MQTT: 4 is 3.1.1, 5 is 5.0, auto tries 5 and then 4.',
    allowed: 'auto, 4 or 5',
  }),
  ca_file: path(
    'Certificate of the authority that the certificate of the broker must come from, PEM.',
  ).optional(),
  cert_file: path(
    'Client certificate, PEM; its common name is the id of this station or receiver.',
  ).optional(),
  key_file: path('Private key of the client certificate, PEM, readable by the service user only.').optional(),
  username: z
    .string()
    .regex(/^[^\p{C}+#/\s]{1,64}$/u)
    .optional()
    .meta({
      description:
        'Account at the broker, for a login by password instead of a client certificate. By the ACL of this package it is the id of this station or receiver. With passwords the word of the broker alone says which station a message is from; what is signed stays so.',
      allowed: '1 to 64 characters without spaces, "+", "#" and "/"',
    }),
  password_file: path(
    'File with the password of that account: one line of 1 to 256 bytes. Readable by the service user only.',
  ).optional(),
  max_packet_bytes: count(
    'Largest MQTT packet that is sent, in bytes. A broker that tells a lower limit is obeyed.',
    PACKET_BYTES_MIN,
    PACKET_BYTES_MAX,
  ).default(PACKET_BYTES_DEFAULT),
};

/** Numbers for tools on this machine; left out, nothing listens. */
export const metrics = z
  .strictObject({ port: count('Port of 127.0.0.1, and of no other address.', PORT_MIN, PORT_MAX) })
  .optional()
  .meta({
    description:
      'Numbers for tools on this machine (OpenMetrics), at http://127.0.0.1:PORT/metrics; left out, there are none.',
    allowed: 'a group of keys',
  });
