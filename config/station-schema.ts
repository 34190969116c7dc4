// The station's file, station.yaml: every option with its bounds and default. One source for the check, the types, the JSON Schema
// and the handbook. What no code reads is not in here: an option that would be accepted and ignored is a promise that nobody keeps.
import * as z from 'zod';
import { RECIPIENTS_MAX } from '../protocol/format/limits.ts';
import * as part from './schema-parts.ts';

/** A station is one computer with its dock. */
export const BAYS_MAX = 16;
/** Cameras that one station may know. */
export const CAMERAS_MAX = 256;
/** Store keys: the one in use, and those to change over. */
export const PUBLIC_KEYS_MAX = 8;
const RECEIVERS_MAX = 8;
const HOURS_PER_YEAR = 8784;
/** A hundred years: longer is a mistyped number. */
export const DAYS_MAX = 36_525;
const MIB = 1024 * 1024;
/** Speeds that a serial adapter can have. */
const BAUD_MIN = 1200;
const BAUD_MAX = 12_000_000;
/** What cameras and adapters have unless told otherwise. */
export const BAUD_DEFAULT = 115_200;
/** Below that, a camera that is docked once a month would have its files pulled again. */
const DOCUMENTS_DAYS_MIN = 60;
const GROUP = 'a group of keys';

const spool = z.strictObject({
  path: part.path(
    'Folder in which sealed recordings, documents and the custody log lie. Made at the first start.',
  ),
  reserve_bytes: part
    .bytes(
      'Space that recordings never use: it keeps the custody log and the journal writable on a full disk.',
      MIB,
    )
    .default(64 * MIB),
  keep_hours: part
    .count(
      'Hours that a sealed copy stays after its receipt, so that a store that was restored from a backup can get it again: twice `store.backup_hours` or more. Where space is short it goes sooner, and it never stays longer than 14 days, or the most days of a policy where these are fewer.',
      0,
      HOURS_PER_YEAR,
    )
    .default(48),
  documents_days: part
    .count(
      'Days that manifest and receipt of a recording stay on this station after its receipt: by them a file that is still on a camera is known again.',
      DOCUMENTS_DAYS_MIN,
      DAYS_MAX,
    )
    .default(400),
});

const store = z.strictObject({
  public_keys: z
    .array(part.publicKey('One public key of the store.'))
    .min(1)
    .max(PUBLIC_KEYS_MAX)
    .meta({
      description: 'Keys whose receipts, claims and refusals count. Only this file can change them.',
      allowed: `a list of 1 to ${PUBLIC_KEYS_MAX} public keys`,
    }),
  receivers: z
    .array(part.receiverId('Id of one receiver.'))
    .min(1)
    .max(RECEIVERS_MAX)
    .meta({
      description: 'Receivers that this station delivers to.',
      allowed: `a list of 1 to ${RECEIVERS_MAX} receiver ids`,
    }),
  backup_hours: part
    .count(
      "Hours between two backups of the store's vault, as they are arranged there. `bodydock doctor` warns where `spool.keep_hours` is under twice that.",
      1,
      HOURS_PER_YEAR,
    )
    .default(24),
});

const serial = z.strictObject({
  baud: part
    .count('Speed of the line in bits per second, as the camera has it.', BAUD_MIN, BAUD_MAX)
    .default(BAUD_DEFAULT),
  framing: z.enum(['console', 'raw']).default('console').meta({
    description:
      'How packets travel: console has marked base64 lines, raw has bare packets. The maker of the camera says which.',
    allowed: 'console or raw',
  }),
});

const bay = z
  .strictObject({
    id: part.plainId('Name of the bay; it is in topics and documents.'),
    folder: part
      .path(
        'Folder in which the files of the camera appear, such as a mount point. At a mount point at which nothing is mounted (below /media, /mnt or /run/media, in fstab, or of a mount unit) no camera is there, whatever lies in it. The user of the service, bodydock, must be able to write there and in the folders below, else nothing is erased. A bay has a folder or a USB port, a serial port, or one of each.',
      )
      .optional(),
    usb_port: part
      .usbPort(
        'USB socket of the bay, for cameras that speak PTP or MTP or show themselves as a disk: controller, generation of USB and ports, as `bodydock bays` shows them. A socket for USB 3 has two ports; naming one of them is enough. That name stays. The name of its folder in /sys/bus/usb/devices, such as 1-1.4, is taken too; it begins with the number of the bus, which may be another one after a start of a machine with several controllers.',
      )
      .optional(),
    serial_path: part
      .devicePath(
        'Serial port of the bay, below /dev/serial/by-path: that name follows the socket. Alone it moves the recordings; beside a folder it tells who the camera is, how it is and what its clock says.',
      )
      .optional(),
    serial: serial
      .meta({ description: 'How the serial port of this bay is run.', allowed: GROUP })
      .optional(),
    camera: part
      .plainId(
        'Id of the camera that this bay is for, one of `cameras`. A bay without a folder may leave it out: then the camera is the one of `cameras` whose serial number it says.',
      )
      .optional(),
    led: part
      .ledName(
        'Light of the bay: an LED of this machine, by its folder in /sys/class/leds. On: safe to take; slow blinking: do not take; fast: call someone.',
      )
      .optional(),
    led_wait: part
      .ledName(
        'A second light. With it, `led` is on where it is safe to take; this one is on for "do not take" and blinks for "call someone".',
      )
      .optional(),
  })
  .meta({ description: 'One place for one camera.', allowed: GROUP });

const camera = z
  .strictObject({
    id: part.plainId('Name of the camera; it is in documents.'),
    alias: part.label('Name that staff and monitoring see; the id where it is left out.', 64).optional(),
    model: part
      .label('Model as the camera says it; where it is given here, it must be that to be this camera.', 128)
      .optional(),
    serial: part
      .label(
        'Serial number as the camera says it: in a bay that names no camera it is known by that. It is in no message and no log.',
        128,
      )
      .optional(),
    password_file: part
      .path(
        'File with the password of the camera, for those that show their files only to who has it (recorders with USB id 4255:0001): one line of printable ASCII. Readable by the service user only.',
      )
      .optional(),
  })
  .meta({ description: 'One camera that this station may empty.', allowed: GROUP });

const roles = z.strictObject({
  officers: part.roleKeys('Keys of recording officers, who sign a policy first.'),
  supervisors: part.roleKeys('Keys of their superiors, who sign it second. No key is in both lists.'),
});

const screen = z.strictObject({
  port: part.count(
    'Port of 127.0.0.1 at which the agent serves the page, for a browser on this machine and for no other. The package bodydock-screen shows port 8460.',
    part.PORT_MIN,
    part.PORT_MAX,
  ),
  phone: z
    .string()
    .regex(/^[0-9+][0-9 ()/+-]{1,31}$/)
    .meta({
      description: 'Telephone number that the page names where help is needed.',
      allowed: '2 to 32 digits, spaces and "+()/-"',
    })
    .optional(),
  questions: part
    .path(
      'File of the questions that the page asks staff after a touch on a bay, or "standard" for those that come with bodydock; left out, the page takes no reports. Reports keep station and day only.',
    )
    .optional(),
});

const log = z.strictObject({
  level: z.enum(['error', 'warn', 'info', 'debug']).default('info').meta({
    description: 'What goes to the log: error, warn, info or debug, each with all before it.',
    allowed: 'error, warn, info or debug',
  }),
});

/** Keeps the whole file readable; a day has as many hours. */
const WINDOWS_MAX = 24;
/**
 * At this rate a unit of 512 KiB leaves within 32 s, so that two that share the line do so within the 60 s for which a receiver keeps a lease
 * without a byte, and far within the 2 min up to which a transfer adapts to units that leave slowly (protocol/transfer/flight.ts). The smallest
 * message, 4 KiB, is a quarter of a second of it: below, the rate could not be held over 10 s.
 */
const RATE_BYTES_PER_S_MIN = 16 * 1024;

const window = z
  .strictObject({
    from: part.timeOfDay('When it begins.'),
    to: part.timeOfDay('When it ends; before its beginning, it ends on the next day.'),
  })
  .meta({ description: 'Hours of each day.', allowed: GROUP });

/** What the station may take of the uplink, in the group `broker`. */
const limitFields = {
  rate_bytes_per_s: part
    .bytes(
      'Most payload bytes a second that this station sends, over all recordings; left out, there is no limit. Docking records and the log do not wait for it, but what they take is taken off the recordings; monitoring is too small to count.',
      RATE_BYTES_PER_S_MIN,
    )
    .optional(),
  windows: z
    .array(window)
    .max(WINDOWS_MAX)
    .default([])
    .meta({
      description:
        'Hours of each day in which recordings are sent, by the local time of this machine (summer time included); left out or empty, all hours. Recordings that are locked on their camera, docking records, the log and monitoring go at all hours. Until its receipt a recording stays on its camera, too.',
      allowed: `a list of at most ${WINDOWS_MAX} windows`,
    }),
};

/** The schema of station.yaml, in the words of the file. */
export const stationFileSchema = z
  .strictObject({
    version: part.version(),
    station: part.stationId(
      'Id of this station. The client certificate names it, and every topic and document holds it.',
    ),
    spool: spool.meta({ description: 'Where recordings wait until the store has them.', allowed: GROUP }),
    keys: part.signingKeys('The signing key of this station, made by `bodydock keys make station`.'),
    recipients: z
      .array(
        z
          .string()
          .regex(/^age1[02-9ac-hj-np-z]{58}$/)
          .meta({ description: 'One age recipient.', allowed: 'an age recipient: "age1" and 58 characters' }),
      )
      .min(1)
      .max(RECIPIENTS_MAX)
      .meta({
        description:
          'Public keys that every recording is sealed to. A person who holds the identity of one can open it; this station cannot.',
        allowed: `a list of 1 to ${RECIPIENTS_MAX} age recipients`,
      }),
    store: store.meta({ description: 'The far end, as this station knows it.', allowed: GROUP }),
    broker: z
      .strictObject({ ...part.brokerFields, ...limitFields })
      .meta({ description: 'The MQTT broker between station and store.', allowed: GROUP }),
    bays: z
      .array(bay)
      .min(1)
      .max(BAYS_MAX)
      .meta({
        description: 'The places for cameras.',
        allowed: `a list of 1 to ${BAYS_MAX} bays`,
      }),
    cameras: z
      .array(camera)
      .max(CAMERAS_MAX)
      .default([])
      .meta({
        description:
          'The cameras that belong here. With `unknown_cameras: accept` the list may be empty or left out, else it names at least one.',
        allowed: `a list of at most ${CAMERAS_MAX} cameras`,
      }),
    unknown_cameras: z.enum(['refuse', 'accept']).default('refuse').meta({
      description:
        'What becomes of a camera in a bay that names none, when no camera of this file has its serial number: refuse leaves it untouched and calls someone, accept takes its recordings under an id of its own.',
      allowed: 'refuse or accept',
    }),
    camera_missing_days: part
      .count(
        'Days after which a camera that was not docked at this station is told as missing (camera.missing); 0: never. A station knows its own dockings only: one that docks elsewhere as well is missing here. A camera that `bodydock camera retire` took out of use, or that is in this file no more, is not.',
        0,
        3650,
      )
      .default(14),
    roles: roles.prefault({}).meta({
      description:
        'Whose signatures a policy of both roles needs that this station takes, and a statement that the store was restored; those of the keys that the policy before names count, too. Without keys it takes no policy, its documents name none, and after the store was restored it erases nothing.',
      allowed: GROUP,
    }),
    retention: z.unknown().optional().meta({
      description: 'Of earlier versions, and without effect. Take it out.',
      allowed: 'anything',
      deprecated: true,
    }),
    release: z.enum(['never', 'after-receipt']).default('never').meta({
      description:
        'Whether files are erased from cameras: never, or once the store has given its signed receipt and each recipient has proven that it can open.',
      allowed: 'never or after-receipt',
    }),
    screen: screen.optional().meta({
      description: 'The page for a screen beside the dock; left out, there is none.',
      allowed: GROUP,
    }),
    metrics: part.metrics,
    log: log.prefault({}).meta({ description: 'The log of the program.', allowed: GROUP }),
  })
  .meta({ title: 'bodydock station', description: 'Configuration of a bodydock station.', allowed: GROUP });

/** station.yaml after defaults, still in the words of the file. */
export type StationFile = z.output<typeof stationFileSchema>;
