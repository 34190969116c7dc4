// The annex on data handling as a text: facts of the configuration put into words. Pure.
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import type { StationConfig } from '../../../config/station-config.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { daysUnder, type Policy, rolesOf, termsOf } from '../../../protocol/documents/policy.ts';
import {
  DOCUMENTS_DAYS_MIN,
  LOG_DAYS_LATER,
  NO_POLICY,
  RETENTION_DAYS_MIN,
  spoolDays,
  STATION_LOG_DAYS,
} from '../../../protocol/documents/retention.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { type Block, heading, list, paragraph, small, table, warning } from '../page/blocks.ts';
import { type Language, number } from '../page/language.ts';
import { HANDLING_DE } from '../../../config/texts/de/data-handling.ts';
import { HANDLING_EN, type HandlingWords } from '../../../config/texts/en/data-handling.ts';
import { filled } from '../../../config/texts.ts';

/** When and by what it was made. `madeAt` is RFC 3339 UTC. */
export interface HandlingStamp {
  readonly madeAt: string;
  readonly version: string;
}

/** Title and text. */
export interface HandlingDocument {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** The annex in that language. */
export function handlingDocument(
  facts: HandlingFacts,
  language: Language,
  stamp: HandlingStamp,
): HandlingDocument {
  const words = language === 'de' ? HANDLING_DE : HANDLING_EN;
  const context = { facts, words, language };
  const chapters = [head, places, sealed, roles, persons, logs, leaves, holds];
  const blocks = chapters.flatMap((chapter) => chapter(context));
  return { title: words.title, blocks: [...blocks, made(context, stamp)] };
}

interface Context {
  readonly facts: HandlingFacts;
  readonly words: HandlingWords;
  readonly language: Language;
}

function head({ facts, words }: Context): Block[] {
  const { station, store, conflicts } = facts;
  return [
    paragraph(filled(words.intro, { station: station.id })),
    ...(store === null ? [warning(words.noStore)] : []),
    ...conflicts.map((conflict) => warning(conflictText(conflict, facts, words))),
  ];
}

function conflictText(conflict: HandlingConflict, { store }: HandlingFacts, words: HandlingWords): string {
  return filled(words.conflicts[conflict], {
    hold: holdDays(store),
  });
}

function places({ facts, words, language }: Context): Block[] {
  const { station, store } = facts;
  const n = (value: number): string => number(value, language);
  const rows = [
    [
      words.camera,
      words.cameraWhat,
      station.release === 'never' ? words.cameraNever : words.cameraAfterReceipt,
    ],
    [
      filled(words.spool, { path: station.spool }),
      words.spoolWhat,
      filled(words.spoolHow, { hours: n(station.keep_hours), days: n(station.days) }),
    ],
    [
      words.stationDocuments,
      words.stationDocumentsWhat,
      filled(words.stationDocumentsHow, { days: n(station.documents_days) }),
    ],
    [words.stationLog, words.stationLogWhat, filled(words.stationLogHow, { days: n(station.log_days) })],
    [filled(words.broker, { broker: station.broker }), words.brokerWhat, words.brokerHow],
    ...(station.screen ? [[words.screen, words.screenWhat, words.screenHow]] : []),
    ...(station.reports ? [[words.staff, words.staffWhat, staffDays(facts, words, n)]] : []),
    [
      filled(words.vault, { receiver: store?.receiver ?? station.receivers.join(', ') }),
      words.vaultWhat,
      store === null ? words.vaultHowUnknown : filled(words.vaultHow, { days: n(store.days) }),
    ],
    [
      words.documents,
      words.documentsWhat,
      store === null
        ? words.documentsHowUnknown
        : filled(words.documentsHow, { days: n(store.documents_days) }),
    ],
    [words.lasting, words.lastingWhat, words.lastingHow],
    [words.quarantine, words.quarantineWhat, words.quarantineHow],
  ];
  return [
    heading(words.places),
    table(words.placesHead, rows),
    paragraph(words.counted),
    paragraph(agreed(facts, words, n)),
    paragraph(deletion(facts, words)),
  ];
}

/** How long what staff gave stays: answers as documents, words by the policy. */
function staffDays({ store }: HandlingFacts, words: HandlingWords, n: (value: number) => string): string {
  const text = n(store?.policy?.free_text_days ?? NO_POLICY.freeTextDays);
  if (store === null) return filled(words.staffHowUnknown, { text });
  return filled(words.staffHow, { days: n(store.documents_days), text });
}

/** What nobody shortens alone. */
function agreed({ store }: HandlingFacts, words: HandlingWords, n: (value: number) => string): string {
  const policy = store?.policy;
  const floors = { days: n(RETENTION_DAYS_MIN), documents: n(DOCUMENTS_DAYS_MIN) };
  if (policy === undefined) return filled(words.policyUnknown, floors);
  if (policy === null) return filled(words.noPolicy, floors);
  return filled(words.policy, {
    number: policy.number,
    days: n(policy.days_min),
    most: n(policy.days_max),
    documents: n(policy.documents_days),
    hold: holdDays(store),
    text: n(policy.free_text_days),
  });
}

function holdDays(store: HandlingFacts['store']): number {
  return (store ?? { hold_days: NO_POLICY.holdDays }).hold_days;
}

function deletion({ store }: HandlingFacts, words: HandlingWords): string {
  if (store === null) return words.aloneUnknown;
  return store.timer_hours === 0 ? words.byHand : filled(words.alone, { hours: store.timer_hours });
}

function sealed({ facts, words }: Context): Block[] {
  const { recipients } = facts.station;
  return [
    heading(words.sealed),
    paragraph(filled(words.sealedText, { count: recipients.length })),
    list(recipients.map(({ recipient, fingerprint }) => filled(words.recipient, { recipient, fingerprint }))),
  ];
}

function roles({ facts, words }: Context): Block[] {
  const { station, store } = facts;
  const officers = keys(store?.officers, words);
  const supervisors = keys(store?.supervisors, words);
  const rows = [
    [words.openWhat, filled(words.openWho, { count: station.recipients.length }), words.openTrace],
    [words.exportWhat, words.exportWho, words.exportTrace],
    [
      words.holdWhat,
      filled(words.holdWho, { officers, supervisors, hold: holdDays(store) }),
      words.holdTrace,
    ],
    [words.deleteWhat, filled(words.deleteWho, { officers, supervisors }), words.deleteTrace],
    [words.expireWhat, store?.timer_hours === 0 ? words.expireByHandWho : words.expireWho, words.expireTrace],
    [words.configWhat, words.configWho, words.configTrace],
  ];
  return [heading(words.roles), table(words.rolesHead, rows)];
}

function keys(ids: readonly string[] | undefined, words: HandlingWords): string {
  if (ids === undefined) return words.keysUnknown;
  if (ids.length === 0) return words.noKey;
  return ids.length === 1
    ? filled(words.oneKey, { id: ids[0] ?? '' })
    : filled(words.keys, { count: ids.length, ids: ids.join(', ') });
}

function persons({ facts, words }: Context): Block[] {
  const cameras = facts.station.cameras.map(({ id, alias }) => `${id} (${alias})`).join(', ');
  return [
    heading(words.persons),
    list(facts.station.reports ? [...words.personsCan, words.personsCanStaff] : words.personsCan),
    paragraph(filled(words.cameras, { cameras })),
    heading(words.personsNever),
    list(words.personsNeverList),
  ];
}

function logs({ facts, words, language }: Context): Block[] {
  const { station, store } = facts;
  const days = store === null ? undefined : number(store.log_days, language);
  const atStore = days === undefined ? words.asFile : filled(words.daysOf, { days });
  const rows = [
    [
      words.logStation,
      words.logStationWhat,
      filled(words.logStationHow, { days: number(station.log_days, language), atStore }),
    ],
    [words.logStore, words.logStoreWhat, words.forEver],
    [words.logProgram, filled(words.logProgramWhat, { level: station.log_level }), words.logProgramHow],
  ];
  return [heading(words.logs), table(words.logsHead, rows)];
}

function leaves({ facts: { station, store }, words }: Context): Block[] {
  return [
    heading(words.leaves),
    paragraph(filled(station.broker_tls ? words.leavesTls : words.leavesLocal, { broker: station.broker })),
    paragraph(elsewhere(store, words)),
  ];
}

function elsewhere(store: HandlingFacts['store'], words: HandlingWords): string {
  if (store === null) return words.leavesUnknown;
  return store.outside.length === 0
    ? words.leavesNothingElse
    : filled(words.leavesOutside, { outside: store.outside.join(', ') });
}

function holds({ facts: { store }, words }: Context): Block[] {
  const outside = store?.outside.join(', ') ?? '';
  const heard = outside === '' ? words.heardStations : filled(words.heardOutside, { outside });
  return [
    heading(words.holds),
    list(words.holdsList.map((item) => filled(item, { heard, hold: holdDays(store) }))),
  ];
}

function made(
  { facts: { station, store }, words, language }: Context,
  { madeAt, version }: HandlingStamp,
): Block {
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(madeAt),
  );
  const of = store === null ? '' : filled(words.madeStore, { digest: store.file_sha256 });
  return small(filled(words.made, { version, day, digest: station.file_sha256, store: of }));
}

// What the configuration of a station, and of the store where it is given, says about data: facts only, for texts and for programs.

/** Facts of one station and its store, in the words of JSON. */
export interface HandlingFacts {
  readonly station: {
    readonly id: string;
    readonly file_sha256: string;
    readonly release: StationConfig['release'];
    readonly spool: string;
    readonly keep_hours: number;
    readonly documents_days: number;
    readonly days: number;
    readonly log_days: number;
    readonly log_level: string;
    readonly broker: string;
    /** Whether anything leaves the machine without TLS. */
    readonly broker_tls: boolean;
    /** Whether it serves the page for a screen of the dock. */
    readonly screen: boolean;
    /** Whether that asks staff for reports. */
    readonly reports: boolean;
    readonly cameras: readonly {
      readonly id: string;
      readonly alias: string;
      readonly identified: boolean;
    }[];
    readonly recipients: readonly { readonly recipient: string; readonly fingerprint: string }[];
    readonly receivers: readonly string[];
  };
  /** Null where the store's file was not given. */
  readonly store: {
    readonly receiver: string;
    readonly file_sha256: string;
    readonly vault: string;
    readonly days: number;
    readonly documents_days: number;
    /** The one in force; null without one, absent where the vault is not on this machine. */
    readonly policy?:
      | (Pick<Policy, 'number' | 'days_min' | 'days_max' | 'documents_days'> & {
          readonly free_text_days: number;
        })
      | null;
    /** After so many days a hold by one role lapses; segments of a station's log go. */
    readonly hold_days: number;
    readonly log_days: number;
    readonly timer_hours: number;
    /** Key ids; which person holds which key is written down elsewhere. */
    readonly officers: readonly string[];
    readonly supervisors: readonly string[];
    /** Hosts that see the digest of the store's log: witnesses and a time-stamp authority. */
    readonly outside: readonly string[];
  } | null;
  /** What does not fit together between the two files. */
  readonly conflicts: readonly HandlingConflict[];
}

/** `unknown-station`, `unknown-receiver`: one end does not know the other. */
type HandlingConflict = 'unknown-station' | 'unknown-receiver' | 'no-officers' | 'no-supervisors';

/** A configuration with the digest of its file. */
interface LoadedFile<Config> {
  readonly config: Config;
  readonly sha256: string;
}

/** The facts. `policy`: as in them. Pure. */
export function handlingFacts(
  station: LoadedFile<StationConfig>,
  store: LoadedFile<ReceiverConfig> | undefined,
  policy?: Policy | null,
): HandlingFacts {
  const facts = store && storeFacts(store, policy);
  return {
    station: stationFacts(station, policy),
    store: facts ?? null,
    conflicts: store && facts ? conflicts(station.config, store.config, facts) : [],
  };
}

function stationFacts(
  { config, sha256 }: LoadedFile<StationConfig>,
  policy: Policy | null | undefined,
): HandlingFacts['station'] {
  const { spool, cameras, recipients, broker, store } = config;
  return {
    id: config.station,
    file_sha256: sha256,
    release: config.release,
    spool: spool.path,
    keep_hours: spool.keepHours,
    documents_days: spool.documentsDays,
    days: spoolDays(policy?.days_max),
    log_days: STATION_LOG_DAYS,
    log_level: config.log.level,
    broker: new URL(broker.url).host,
    broker_tls: broker.tls !== null,
    screen: config.screen !== null,
    reports: config.screen?.questions !== undefined && config.screen.questions !== null,
    cameras: cameras.map(({ id, alias, model, serial }) => ({
      id,
      alias,
      identified: model !== null || serial !== null,
    })),
    recipients: recipients.map((recipient) => ({ recipient, fingerprint: fingerprintOf(recipient) })),
    receivers: store.receivers,
  };
}

function storeFacts(
  { config, sha256 }: LoadedFile<ReceiverConfig>,
  policy: Policy | null | undefined,
): NonNullable<HandlingFacts['store']> {
  const { retention, roles } = config;
  const { days, documentsDays } = daysUnder(policy ?? null, retention);
  const { holdDays, logDays } = termsOf(policy ?? null);
  const { officer, supervisor } = policy
    ? rolesOf(policy)
    : { officer: roles.officers, supervisor: roles.supervisors };
  return {
    receiver: config.receiver,
    file_sha256: sha256,
    vault: config.vault.path,
    days,
    documents_days: documentsDays,
    ...(policy !== undefined && { policy: policy && agreedDays(policy) }),
    hold_days: holdDays,
    log_days: logDays ?? documentsDays + LOG_DAYS_LATER,
    timer_hours: retention.timerHours,
    officers: officer.map(({ keyId }) => keyIdHex(keyId)),
    supervisors: supervisor.map(({ keyId }) => keyIdHex(keyId)),
    outside: [...config.witnesses, ...(config.timestamps === null ? [] : [config.timestamps])].map(
      ({ url }) => new URL(url).host,
    ),
  };
}

function agreedDays(policy: Policy) {
  const { number, days_min, days_max, documents_days } = policy;
  return { number, days_min, days_max, documents_days, free_text_days: termsOf(policy).freeTextDays };
}

function conflicts(
  station: StationConfig,
  store: ReceiverConfig,
  { officers, supervisors }: NonNullable<HandlingFacts['store']>,
): HandlingConflict[] {
  const found: HandlingConflict[] = [];
  if (!store.stations.some(({ id }) => id === station.station)) found.push('unknown-station');
  if (!station.store.receivers.includes(store.receiver)) found.push('unknown-receiver');
  if (officers.length === 0) found.push('no-officers');
  if (supervisors.length === 0) found.push('no-supervisors');
  return found;
}

/** The first 16 hex digits of the SHA-256 of the recipient's text, as proofs are named by (SPEC 4.5), in groups of four. */
function fingerprintOf(recipient: string): string {
  const digest = sha256Hex(encodeUtf8(recipient)).slice(0, 16);
  return digest.replaceAll(/(.{4})(?!$)/g, '$1 ');
}
