// The receiver's file, receiver.yaml: every option with its bounds and default. One source for the check, the types, the JSON Schema
// and the handbook.
import * as z from 'zod';
import { DOCUMENTS_DAYS_MIN, RETENTION_DAYS_MIN } from '../protocol/documents/retention.ts';
import { LANGUAGES } from './language.ts';
import * as part from './schema-parts.ts';
import { DAYS_MAX, PUBLIC_KEYS_MAX } from './station-schema.ts';

/** Stations of one store: a city has tens. */
export const STATIONS_MAX = 1024;
/** Each is asked every hour, and some are enough. */
export const WITNESSES_MAX = 8;
const DESK_ORIGINS_MAX = 8;
const MAIL_ADDRESSES_MAX = 16;
/** Ten years: longer is a mistyped number. */
const RETENTION_DAYS_MAX = 3650;
const HOURS_PER_WEEK = 168;
const GIB = 1024 ** 3;
const GROUP = 'a group of keys';

const station = z
  .strictObject({
    id: part.stationId('Id of the station.'),
    public_keys: z
      .array(part.publicKey('One public key of the station.'))
      .min(1)
      .max(PUBLIC_KEYS_MAX)
      .meta({
        description:
          'Keys whose manifests count: the one in use, and earlier ones whose recordings still wait.',
        allowed: `a list of 1 to ${PUBLIC_KEYS_MAX} public keys`,
      }),
  })
  .meta({ description: 'One station whose recordings are taken.', allowed: GROUP });

const vault = z.strictObject({
  path: part.path(
    'Folder that keeps the recordings. Made at the first start. A disk of its own is mounted at this very path: once it held the vault, the receiver waits for it and makes no new one in the empty folder.',
  ),
  quota_bytes: part.bytes('Bytes that the vault may hold; beyond it nothing more is claimed.', GIB),
});

const retention = z.strictObject({
  days: part
    .count(
      'Days after which a recording is due and its sealed file is deleted, counted as SPEC 10 says, unless it is held. Without it 14, or the fewest of the policy of both roles, which alone may be fewer; more than the most of the policy is a critical condition. Fewer than before count for what is received from then on.',
      RETENTION_DAYS_MIN,
      RETENTION_DAYS_MAX,
    )
    .optional(),
  documents_days: part
    .count(
      'Days that the documents of a deleted recording, docking records and closed parts of the logs stay; the deletion record stays for ever. Without it 730, or the days of the policy of both roles. Not less than `days`; fewer than before count for what is received from then on.',
      DOCUMENTS_DAYS_MIN,
      DAYS_MAX,
    )
    .optional(),
  timer_hours: part
    .count(
      'Hours between two times at which the running receiver deletes what is due. 0: it never does; `bodydock-receiver expire` must be called.',
      0,
      HOURS_PER_WEEK,
    )
    .default(24),
});

const roles = z.strictObject({
  officers: part.roleKeys(
    'Keys of recording officers: the first signature of an order to hold, release or delete a recording.',
  ),
  supervisors: part.roleKeys(
    'Keys of their superiors: the second signature. No key is in both lists, and with an empty list no order counts in full.',
  ),
  evaluators: part.roleKeys(
    "Keys of those who evaluate recordings at the office's desk (SPEC 4.18). They order nothing; no key is in one of the other lists, too.",
  ),
});

const httpUrl = (description: string): z.ZodString =>
  z
    .string()
    .max(1024)
    .regex(/^https?:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/)
    .meta({ description, allowed: 'https://HOST[:PORT][/PATH], or http:// where the way is safe otherwise' });

const witness = z
  .strictObject({
    key: z
      .string()
      .max(512)
      .regex(/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/)
      .meta({
        description: 'Its key for cosignatures, as it publishes it; the name is in it.',
        allowed: 'NAME+ID+BASE64, as witnesses publish their keys',
      }),
    url: httpUrl('Where it takes checkpoints: `/add-checkpoint` is added.'),
  })
  .meta({ description: 'One witness.', allowed: GROUP });

const timestamps = z.strictObject({
  url: httpUrl('Where the authority takes RFC 3161 requests.').optional(),
  ca_file: part
    .path(
      'Certificate by which its time stamps are verified, PEM. With it a time stamp says the time to this machine as well, without which nothing is deleted.',
    )
    .optional(),
});

const desk = z
  .strictObject({
    address: z
      .string()
      .regex(/^[0-9a-fA-F.:]{2,45}$/)
      .default('::')
      .meta({
        description: 'Address of this machine at which it listens; `::` is every one.',
        allowed: 'an address of IPv4 or IPv6',
      }),
    port: part.count(
      'Port at which it listens. Its unit allows 8743; another one also goes into a drop-in of it.',
      part.PORT_MIN,
      part.PORT_MAX,
    ),
    ca_file: part.path('Authority that the certificates of those who ask must come from, PEM.'),
    crl_file: part
      .path('Certificates of that authority that were revoked, PEM; read at the start. Without it none is.')
      .optional(),
    cert_file: part.path(
      'Certificate of this server, PEM. By the names and addresses in it, and no others, it is reached.',
    ),
    key_file: part.path(
      'Private key of that certificate, PEM, for root only: the unit is handed what lies in /etc/bodydock/desk.',
    ),
    origins: z
      .array(
        z
          .string()
          .max(256)
          .regex(/^(?:null|https:\/\/[a-z0-9.:[\]-]+)$/)
          .meta({ description: 'One origin.', allowed: 'https://HOST[:PORT], or null' }),
      )
      .min(1)
      .max(DESK_ORIGINS_MAX)
      .meta({
        description:
          'Where browsers have the page of the desk from. `null` is a file on their own disk, and every other page without an origin too: only for machines that open no foreign pages.',
        allowed: `a list of 1 to ${DESK_ORIGINS_MAX} origins`,
      }),
  })
  .optional()
  .meta({
    description: 'What the desk of the office asks this store for (`bodydock desk`); left out, nothing.',
    allowed: GROUP,
  });

/** An address as SMTP takes it without quoting. */
const mailAddress = (description: string): z.ZodString =>
  z
    .string()
    .max(254)
    .regex(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/)
    .meta({ description, allowed: 'NAME@HOST, of ASCII and without a display name' });

const notify = z
  .strictObject({
    server: z
      .string()
      .max(256)
      .regex(/^smtps?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/)
      .meta({
        description:
          'Server that takes the mails: `smtps:` with TLS from the start (465), `smtp:` with STARTTLS (587). To this machine itself `smtp:` goes without TLS where no `ca_file` is named.',
        allowed: 'smtps://HOST[:PORT] or smtp://HOST[:PORT]',
      }),
    ca_file: part
      .path(
        'Authority that the certificate of the server must come from, PEM. Without it the authorities of the system count.',
      )
      .optional(),
    username: part.label('Account at the server; without it nobody logs in.', 128).optional(),
    password_file: part
      .path(
        'File with the password of that account: one line of 1 to 256 bytes, for root only: the unit is handed what lies in /etc/bodydock/keys.',
      )
      .optional(),
    from: mailAddress('Address of the sender.'),
    to: z
      .array(mailAddress('One address.'))
      .min(1)
      .max(MAIL_ADDRESSES_MAX)
      .meta({
        description: 'Who gets the mails.',
        allowed: `a list of 1 to ${MAIL_ADDRESSES_MAX} addresses`,
      }),
    language: z
      .enum(LANGUAGES)
      .default('en')
      .meta({ description: 'Language of the mails.', allowed: LANGUAGES.join(' or ') }),
    daily_at: part
      .timeOfDay(
        'When the mail of the day goes out, by the clock of this machine: all is well, or what is not. Where it does not come, look at the store.',
      )
      .default('07:00'),
  })
  .optional()
  .meta({
    description:
      'Mails for critical conditions of the store that begin or end, and one each day; left out, none. The store works without them.',
    allowed: GROUP,
  });

/** The schema of receiver.yaml, in the words of the file. */
export const receiverFileSchema = z
  .strictObject({
    version: part.version(),
    receiver: part.receiverId('Id of this receiver. Its client certificate names it.'),
    vault: vault.meta({ description: 'Where recordings are kept.', allowed: GROUP }),
    keys: part.signingKeys('The signing key of the store, made by `bodydock keys make store`.'),
    stations: z
      .array(station)
      .min(1)
      .max(STATIONS_MAX)
      .meta({
        description: 'The stations whose recordings are taken. Only this file can change them.',
        allowed: `a list of 1 to ${STATIONS_MAX} stations`,
      }),
    retention: retention
      .prefault({})
      .meta({ description: 'How long the store keeps recordings and documents.', allowed: GROUP }),
    roles: roles.prefault({}).meta({
      description:
        'Who may order that a recording is held, released or deleted early, and who evaluates recordings. An earlier key stays in its list as long as a hold that it signed counts.',
      allowed: GROUP,
    }),
    witnesses: z
      .array(witness)
      .max(WITNESSES_MAX)
      .default([])
      .meta({
        description:
          'Witnesses outside of this house (C2SP tlog-witness) that sign each hour how far the log of this store has come. What they signed nobody here can take back, this store included. They must know its log first.',
        allowed: `a list of at most ${WITNESSES_MAX} witnesses`,
      }),
    timestamps: timestamps.prefault({}).meta({
      description: 'A time-stamp authority (RFC 3161) that dates the log once a day.',
      allowed: GROUP,
    }),
    metrics: part.metrics,
    desk,
    notify,
    broker: z
      .strictObject({
        ...part.brokerFields,
        shared_offers: z.boolean().optional().meta({
          description:
            'Of earlier versions, and without effect: the receiver hears every offer. Take it out.',
          deprecated: true,
          allowed: 'true or false',
        }),
      })
      .meta({ description: 'The MQTT broker between stations and store.', allowed: GROUP }),
  })
  .meta({ title: 'bodydock receiver', description: 'Configuration of a bodydock receiver.', allowed: GROUP });

/** receiver.yaml after defaults, still in the words of the file. */
export type ReceiverFile = z.output<typeof receiverFileSchema>;
