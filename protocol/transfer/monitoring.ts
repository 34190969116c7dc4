// What a station and a store say of themselves over MQTT (SPEC 7): one schema a topic, from which the types, the check before anything is sent,
// and asyncapi.yaml are made. Strict: a field that stands in no schema never leaves the machine. No secret, no serial number, no path, no
// name of a file, no person.
import * as z from 'zod';
import { NAME_PATTERN, RANDOM_ID_PATTERN, RECEIVER_PATTERN } from '../format/ids.ts';
import { MONITORING_CODES_MAX, MONITORING_FACTS_MAX, MONITORING_SUBJECTS_MAX } from '../format/limits.ts';

const name = (description: string): z.ZodString => z.string().regex(NAME_PATTERN).meta({ description });
const text = (description: string, most: number): z.ZodString => z.string().max(most).meta({ description });
const count = (description: string): z.ZodInt => z.int().min(0).meta({ description });
const instant = (description: string): z.ZodISODateTime =>
  z.iso.datetime({ precision: 3 }).meta({ description });
const session = z.string().regex(RANDOM_ID_PATTERN).meta({
  description:
    'This run of the program. A document of another session than that of `status` is of a former run and does not count.',
});
/** An alias is what the configuration says; the pattern of ids does not bind it. */
const ALIAS_CHARACTERS_MAX = 64;
const alias = text('Configured alias of the camera.', ALIAS_CHARACTERS_MAX);

/** `P/status` and `Q/status`, retained; also the will. */
export const statusSchema = z
  .strictObject({
    state: z.enum(['init', 'ready', 'degraded', 'offline']).meta({
      description:
        'Ready: all is well. Degraded: it works, and a condition of severity error or critical is shown. Init and offline: it does not work.',
    }),
    session,
    since: instant('When this state began; of one that is lost, when the run began that is lost.'),
    reason: z.enum(['stopped', 'lost']).nullable().meta({
      description: 'Why it is offline: stopped by somebody, or lost without a word.',
    }),
  })
  .meta({ description: 'State of the station, or of the store.' });
export type StatusDocument = z.infer<typeof statusSchema>;

const bayInfo = z.strictObject({
  bay: name('Id of the bay.'),
  camera: alias.nullable(),
  place: z
    .string()
    .regex(/^[a-z]{1,16}(?:\+[a-z]{1,16}){0,3}$/)
    .meta({
      description: 'How the bay reaches its camera, such as "folder", "usb" or "serial+usb". Never where.',
    }),
  led: z.boolean().meta({ description: 'Whether the bay has a light of its own.' }),
});

/** `P/info`, retained: what the station is. Only what is here of the configuration is ever shown. */
export const infoSchema = z
  .strictObject({
    session,
    at: instant('When this was said.'),
    station: name('Id of the station.'),
    version: text('Version of the program.', 64),
    node_version: text('Version of Node.js.', 64),
    started_at: instant('When this run began, by the wall clock of then.'),
    public_key: z
      .string()
      .regex(/^RW[A-Za-z0-9+/]{54}$/)
      .meta({
        description:
          'The public key that this station signs with, as the second line of a minisign .pub file.',
      }),
    configuration: z
      .strictObject({
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .meta({ description: 'Digest of the bytes of station.yaml.' }),
        release: z.enum(['never', 'after-receipt']),
        retention_days: count(
          'Most days that a sealed copy with a receipt stays, unless a policy allows fewer.',
        ),
        keep_hours: count('Hours that a sealed copy stays after its receipt.'),
        recipients: count('Recipients that recordings are sealed to.'),
        recipients_proven: count('... of which so many have proven that they can open.'),
        store_keys: z
          .array(z.string().regex(/^[0-9A-F]{16}$/))
          .max(16)
          .meta({ description: 'Ids of the keys of the store, as minisign shows them.' }),
        receivers: z.array(z.string().regex(RECEIVER_PATTERN)).max(16),
        bays: z.array(bayInfo).max(MONITORING_CODES_MAX),
        cameras: z
          .array(alias)
          .max(MONITORING_CODES_MAX)
          .meta({ description: 'Aliases of all cameras that belong here.' }),
      })
      .meta({ description: 'What of the configuration monitoring may know.' }),
  })
  .meta({ description: 'What the station is: versions, key and configuration without secrets.' });
export type InfoDocument = z.infer<typeof infoSchema>;

/** A code of a condition. */
export const CONDITION_CODE_PATTERN = /^[a-z]{1,16}\.[a-z]{1,16}(?:-[a-z]{1,16}){0,4}$/;

/** The first fields of a heartbeat. */
const heartbeat = {
  session,
  at: instant(
    'When this was measured. Older than three intervals means that it hangs, whatever `status` says.',
  ),
  interval_seconds: z.int().min(1).meta({ description: 'Time between two of these documents.' }),
  uptime_seconds: count('Time since this run of the program began.'),
};
/** ... and its last ones. */
const shownNow = {
  event_loop_delay_ms: count('Longest time in the last interval that the main thread was held up.'),
  memory_bytes: count('Memory of the process (resident set).'),
  conditions_info: count('Conditions that are shown, by severity.'),
  conditions_warning: count('... warnings.'),
  conditions_error: count('... errors.'),
  conditions_critical: count('... critical ones.'),
  conditions: z
    .array(z.string().regex(CONDITION_CODE_PATTERN))
    .max(MONITORING_CODES_MAX)
    .meta({ description: 'Their codes. Who asks for full topics reads `condition/<code>` of each.' }),
};

/** `P/health`, retained, every `interval_seconds` and at each connect: numbers, and which conditions are shown. */
export const healthSchema = z
  .strictObject({
    ...heartbeat,
    free_bytes: count('Free space on the disk of the spool; null where it cannot be told.').nullable(),
    spooled_recordings: count('Recordings that wait for their receipt.'),
    spooled_bytes: count('Their sealed bytes.'),
    spooled_docking_records: count('Docking records that wait for their receipt.'),
    oldest_unstored_seconds: count(
      'How long the oldest recording or docking record has waited for its receipt; 0 where none waits, null where the clock cannot tell. On a normal day there are docking records only.',
    ).nullable(),
    window_opens_at: instant(
      'When the recordings that wait for the hours of `broker.windows` may be sent; null where none waits for that. They are not late because of it.',
    ).nullable(),
    receipted_recordings: count('Recordings whose copy stays here for a while although the store has them.'),
    quarantined_entries: count('Things that were set aside because they were damaged or unknown.'),
    store_silent_seconds: count(
      'Time since the store said anything; null where it has not yet in this run.',
    ).nullable(),
    clock_synchronised: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether the clock of the station is; null where the system does not tell.' }),
    temperature_c: z
      .int()
      .min(-100)
      .max(250)
      .nullable()
      .meta({ description: 'Warmest sensor of the machine; null where there is none.' }),
    ...shownNow,
  })
  .meta({ description: 'Numbers of the station, and its heartbeat.' });
export type HealthDocument = z.infer<typeof healthSchema>;

/** `Q/health`, retained, as `P/health`: numbers of a store. What is counted only now and then is null before the first time. */
export const storeHealthSchema = z
  .strictObject({
    ...heartbeat,
    free_bytes: count('Free space on the disk of the vault; null where it cannot be told.').nullable(),
    used_bytes: count(
      'Bytes of the vault, counted every hour, with what came since; null before the first count.',
    ).nullable(),
    quota_bytes: count('Bytes that the vault may have.'),
    recordings: count(
      'Recordings with their sealed file and receipt, as of the last round of retention; null before it.',
    ).nullable(),
    recordings_held: count('... of these, held by an order.').nullable(),
    recordings_due: count('... of these, due or ordered to be deleted.').nullable(),
    recordings_deleted: count('Recordings that were deleted; their documents may be here still.').nullable(),
    transfers: count('Recordings that are being received now.'),
    newest_receipt_at: instant(
      'When the newest receipt was given for a recording or a docking record; null where none is known.',
    ).nullable(),
    log_size: count("Lines of the store's log; null before its first one.").nullable(),
    outside_at: instant(
      "When a witness cosigned the store's log last, or a time-stamp authority stamped it; null where none did.",
    ).nullable(),
    outside_age_seconds: count('Time since then.').nullable(),
    policy: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'Number of the policy that is in force; null where there is none.' }),
    stations: z
      .array(
        z.strictObject({
          station: name('Id of the station.'),
          heard_at: instant(
            'When something came from it last; null where nothing did in this run.',
          ).nullable(),
        }),
      )
      .max(MONITORING_CODES_MAX)
      .meta({
        description: `The stations of the file, those that were silent for longest first, at most ${MONITORING_CODES_MAX} of them.`,
      }),
    ...shownNow,
  })
  .meta({ description: 'Numbers of the store, and its heartbeat.' });
export type StoreHealthDocument = z.infer<typeof storeHealthSchema>;

/** `P/bay/<bay>`, retained. */
export const baySchema = z
  .strictObject({
    bay: name('Id of the bay.'),
    camera: alias
      .nullable()
      .meta({ description: 'Configured alias of the camera that is in it; null where there is none.' }),
    state: z.enum(['empty', 'reading', 'pulling', 'pushing', 'erasing', 'done', 'failed']),
    light: z.enum(['off', 'safe-to-take', 'do-not-take', 'call-someone']).meta({
      description: 'What staff see: the camera may be taken, must stay, or somebody must be called.',
    }),
    entries: count('Files on the camera.'),
    entries_spooled: count('... that are durable on the station.'),
    entries_receipted: count('... that the store has given its receipt for.'),
    entries_erased: count('... that were erased from the camera.'),
    entries_waiting: count('... that wait: they still change, or cannot be taken for now.'),
    bytes: count('Bytes on the camera.'),
    bytes_spooled: count('... that are on the station.'),
    bytes_receipted: count('... that the store holds.'),
    rate_bytes_per_s: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Bytes a second over the last seconds.' }),
    remaining_s: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Seconds that the present work will take at that rate.' }),
    since: instant('When this state began.'),
    docked_at: instant(
      'Since when the camera is in it, over starts of the agent; null where there is none, or nobody knows.',
    ).nullable(),
  })
  .meta({ description: 'One place for one camera.' });
export type BayDocument = z.infer<typeof baySchema>;

/** Words of our own and addresses: no slash, quote or control character, so that no path and no sentence of a library fits. */
export const FACT_TEXT_PATTERN = /^[A-Za-z0-9][A-Za-z0-9 .:_+-]{0,127}$/;

const words = z.strictObject({ en: z.string().max(512), de: z.string().max(512) });
const conditionSubject = z.strictObject({
  subject: text(
    'Which one: a bay, the alias of a camera, the id of a recording, a station; null where the code says it all.',
    ALIAS_CHARACTERS_MAX,
  ).nullable(),
  since: instant('Since when it holds.'),
  facts: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{0,47}$/),
      z.union([z.string().regex(FACT_TEXT_PATTERN), z.number(), z.boolean(), z.null()]),
    )
    .meta({ description: `Numbers with their unit in the key, and words; at most ${MONITORING_FACTS_MAX}.` }),
});

/** `P/condition/<code>` and `Q/condition/<code>`, retained while the condition is shown for any subject, then cleared by an empty message. */
export const conditionSchema = z
  .strictObject({
    code: z.string().regex(CONDITION_CODE_PATTERN),
    severity: z.enum(['info', 'warning', 'error', 'critical']).meta({
      description:
        'Info: nothing to do. Warning: look within days. Error: a person is needed today. Critical: call somebody now.',
    }),
    session,
    since: instant('Since when it holds for the first of its subjects.'),
    text: words.meta({ description: 'What is wrong.' }),
    remedy: words.meta({ description: 'What to do.' }),
    subjects_shown: z.int().min(1).meta({ description: 'For how many subjects it holds, listed or not.' }),
    subjects: z
      .array(conditionSubject)
      .min(1)
      .max(MONITORING_SUBJECTS_MAX)
      .meta({
        description: `The subjects, those that hold longest first, at most ${MONITORING_SUBJECTS_MAX} of them.`,
      }),
  })
  .meta({ description: 'One health statement with severity, words and remedy.' });
export type ConditionDocument = z.infer<typeof conditionSchema>;

/** `P/event`, not retained, QoS 0: something happened. Counted, so that a thousand small files are some messages. */
export const eventSchema = z
  .strictObject({
    session,
    sequence: z
      .int()
      .min(1)
      .meta({ description: 'Counts the events of this session; a gap is a message that was lost.' }),
    at: instant('When it was said, up to a second after it happened.'),
    event: z.enum(['docked', 'undocked', 'spooled', 'receipted', 'erased']),
    bay: name('Id of the bay; null for what is not of one bay.').nullable(),
    camera: alias.nullable(),
    count: z.int().min(1).meta({
      description:
        'How many of these happened since the last event of this kind: recordings, or 1 for a docking.',
    }),
    docked_at: instant(
      'Of docked: since when the camera is in its bay. Earlier than this run where it stayed over a start of the agent.',
    ).nullable(),
  })
  .meta({ description: 'Something that happened.' });
export type EventDocument = z.infer<typeof eventSchema>;

/** Every monitoring document by the word behind the prefix. */
export const MONITORING_SCHEMAS = {
  status: statusSchema,
  info: infoSchema,
  health: healthSchema,
  bay: baySchema,
  condition: conditionSchema,
  event: eventSchema,
  storeHealth: storeHealthSchema,
} as const;
