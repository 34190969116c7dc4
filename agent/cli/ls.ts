// `bodydock ls`: the recordings of a vault, for a person who looks for one: "30 November, about 22:40, camera 3".
import { dirname } from 'node:path';
import { command, LANG, usageError, writeJson } from '../../config/command-line.ts';
import { columns } from '../../config/columns.ts';
import { durationText } from '../../config/durations.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadReceiverConfig, RECEIVER_FILE } from '../../config/load.ts';
import { printable } from '../../config/problems.ts';
import { LIST_DE } from '../../config/texts/de/list.ts';
import { LIST_EN } from '../../config/texts/en/list.ts';
import { texts } from '../../config/texts.ts';
import {
  LIST_STATES,
  listedDocument,
  type ListedRecording,
  type ListState,
  listVault,
  type VaultList,
} from '../evidence/list/vault-list.ts';
import { codeWords, dataSize, type Language } from '../evidence/page/language.ts';
import { Calendar, parsePeriod, type Period } from '../evidence/report/calendar.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { filesAtOnce } from '../platform/files-at-once.ts';
import { realFolder } from './verify.ts';

const LIST = texts(LIST_EN, LIST_DE);
/** Days that `--due` may ask for. */
const DUE_DAYS_MAX = 3660;
const UNPROVEN_NAMED_MAX = 3;
const COLUMNS = ['recording', 'made', 'duration', 'size', 'camera', 'station', 'state'] as const;
const NUMBERS = new Set([COLUMNS.indexOf('duration'), COLUMNS.indexOf('size')]);

/** Errors: "usage", "verify.*", "key.*", the signal's reason, the system's. */
export const listCommand = command(
  {
    name: 'bodydock ls',
    usage: [
      '[VAULT] [--from DAY] [--to DAY] [--camera ID] [--station ID] [--state STATE] [--due DAYS] [--all] [--keys KEYS] [--config FILE] [--zone ZONE] [--lang en|de] [--json]',
    ],
    about: `
Lists the recordings of a vault, the earliest first: when each was made, how long it is, from which camera, and what becomes of it. The
beginning of the id that is shown names it for other commands. Only what verifies is listed. Reads no payload, opens nothing, changes nothing.

VAULT is the folder; without it the vault of the receiver's file, with the keys beside that one's own.
`,
    options: {
      from: { type: 'string', value: 'DAY', text: 'made on that day or later, as in 2026-11-30' },
      to: {
        type: 'string',
        value: 'DAY',
        text: 'made on that day or earlier (with --from alone: on that day)',
      },
      camera: { type: 'string', value: 'ID', text: 'of this camera' },
      station: { type: 'string', value: 'ID', text: 'of this station' },
      state: {
        type: 'string',
        value: 'STATE',
        text: `${LIST_STATES.join(', ')}; several with a comma between them`,
      },
      due: { type: 'string', value: 'DAYS', text: 'to be deleted within so many days, or overdue' },
      all: { type: 'boolean', text: 'accompanying and other files too' },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with the public keys (default: keys/ beside the vault)',
      },
      config: RECEIVER_FILE,
      zone: {
        type: 'string',
        value: 'ZONE',
        text: 'time zone, such as Europe/Berlin (default: the one of this machine)',
      },
      lang: LANG,
    },
    json: 'one JSON document on standard output, times in UTC',
    exits: '0 good, 1 something does not verify and is left out (it is named), 2 usage, 78 keys.',
    wordsMax: 1,
  },
  async ({ values, words, json, language }, io) => {
    const { from, to, camera, station, keys, zone, config, all = false } = values;
    const calendar = new Calendar(zone);
    const configured = words[0] === undefined ? await configuredVault(config) : undefined;
    const vault = await realFolder(words[0] ?? configured?.vault ?? '');
    const list = await listVault({
      files: filesAtOnce(),
      vault,
      keysFolder: keys ?? configured?.keysFolder,
      station,
      camera,
      period: periodOf(from, to),
      calendar,
      states: statesOf(values.state),
      dueDays: dueDays(values.due),
      all,
      nowMs: nodeClock().wallMs(),
      signal: io.signal,
    });
    if (json) writeJson(io, documentOf(list));
    else io.out(listText(list, { vault, all, language, calendar }));
    if (list.unproven.length === 0) return EXIT_GOOD;
    if (!json) io.err(unprovenText(list.unproven, language));
    return EXIT_FAILURE;
  },
);

/** The vault of a receiver, and the folder of its own key, beside which the others lie. Errors: "usage" where that file cannot be read. */
async function configuredVault(
  file: string,
): Promise<{ readonly vault: string; readonly keysFolder: string }> {
  const loaded = await loadReceiverConfig(file);
  if (loaded.kind === 'refused')
    throw usageError(`name the folder of a vault: ${file} names none that can be read`);
  const { vault, keys } = loaded.config;
  return { vault: vault.path, keysFolder: dirname(keys.signingFile) };
}

/** One day with --from alone; all up to a day with --to alone. */
function periodOf(from: string | undefined, to: string | undefined): Period | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined) return { from: '0000-01-01', to: parsePeriod(to ?? '', to ?? '').to };
  return parsePeriod(from, to ?? from);
}

function statesOf(text: string | undefined): ReadonlySet<ListState> | undefined {
  if (text === undefined) return undefined;
  return new Set(
    text.split(',').map((word) => {
      const state = LIST_STATES.find((each) => each === word.trim());
      if (state !== undefined) return state;
      throw usageError(`--state ${JSON.stringify(word)}: ${LIST_STATES.join(', ')}`);
    }),
  );
}

function dueDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (days <= DUE_DAYS_MAX) return days;
  throw usageError(`--due ${JSON.stringify(text)}: a number of days from 0 to ${DUE_DAYS_MAX}`);
}

interface Shown {
  readonly vault: string;
  readonly all: boolean;
  readonly language: Language;
  readonly calendar: Calendar;
}

function listText(
  { rows, recordings, otherFiles }: VaultList,
  { vault, all, language, calendar }: Shown,
): string {
  const say = LIST[language];
  const counts = { recordings, others: otherFiles };
  const [first] = rows;
  if (first === undefined) return say('none', counts);
  const cells = rows.map((row) => cellsOf(row, language, calendar));
  const bytes = rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sum = { count: rows.length, size: dataSize(bytes, language), ...counts };
  return [
    ...columns([COLUMNS.map((column) => say(column)), ...cells], NUMBERS).map(
      (line) => `${printable(line)}\n`,
    ),
    '\n',
    all ? say('files', sum) : say('sum', sum),
    rows.some(({ made }) => made?.basis === 'claimed') ? say('askClaimed') : '',
    say('next', { short: first.short, vault: printable(vault) }),
  ].join('');
}

function cellsOf(row: ListedRecording, language: Language, calendar: Calendar): string[] {
  const { durationMs, sizeBytes } = row;
  return [
    row.short,
    madeText(row, language, calendar),
    durationMs === null ? '-' : durationText(Math.round(durationMs / 1000), language),
    dataSize(sizeBytes, language),
    row.camera,
    row.station,
    [stateText(row, language, calendar), ...notes(row, language)].join('; '),
  ];
}

function madeText({ made, sealedAt }: ListedRecording, language: Language, calendar: Calendar): string {
  const say = LIST[language];
  if (made === null) return say('sealed', { at: calendar.shownMinute(sealedAt, language) });
  const [from, to] = [calendar.shownMinute(made.from, language), calendar.shownMinute(made.to, language)];
  if (made.basis === 'claimed') return say('claimed', { at: from });
  return from === to || made.basis === 'measured' ? from : say('span', { from, to });
}

function stateText({ state, until }: ListedRecording, language: Language, calendar: Calendar): string {
  const say = LIST[language];
  if (state === 'waiting') return say('state.waiting');
  if (state === 'held' && until === null) return say('state.heldOpen');
  return say(`state.${state}`, { until: until === null ? '-' : calendar.shownDay(until, language) });
}

function notes({ role, locked, unusual }: ListedRecording, language: Language): string[] {
  const say = LIST[language];
  return [
    ...(role === 'media' ? [] : [say(`role.${role}`)]),
    ...(locked ? [say('locked')] : []),
    ...(unusual === null ? [] : [say('unusual', { reason: codeWords(unusual, language) })]),
  ];
}

function unprovenText(unproven: readonly string[], language: Language): string {
  const named = unproven.slice(0, UNPROVEN_NAMED_MAX).map(printable);
  const where = [...named, ...(unproven.length > named.length ? ['...'] : [])].join(', ');
  return `bodydock: ${LIST[language]('unproven', { count: unproven.length, where })}`;
}

function documentOf({ rows, recordings, otherFiles, unproven }: VaultList): object {
  return {
    recordings: rows.map(listedDocument),
    vault: { recordings, other_files: otherFiles },
    unproven,
  };
}
