// One look at a station as lines of a terminal. Pure: gets what the agent says, gives text. Every line fits into the width that is given.
import { durationText } from '../../config/durations.ts';
import { printable } from '../../config/problems.ts';
import { type Say, texts } from '../../config/texts.ts';
import { STATUS_DE } from '../../config/texts/de/status.ts';
import { STATUS_EN } from '../../config/texts/en/status.ts';
import type { BayDocument, ConditionDocument, HealthDocument } from '../../protocol/transfer/monitoring.ts';
import { dataSize, type Language, shownAt } from '../evidence/page/language.ts';
import { shownSubjects } from '../monitoring/condition-document.ts';
import { type Severity, worstFirst } from '../monitoring/condition-table.ts';
import type { StationSays } from '../monitoring/control-protocol.ts';

/** How it is shown. */
export interface ViewOptions {
  readonly language: Language;
  /** Columns; narrower than 40 is taken as 40. */
  readonly width: number;
  readonly colour: boolean;
}

/** What `bodydock status` says. */
export const STATUS = texts(STATUS_EN, STATUS_DE);

type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
const SGR: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };
const WIDTH_MIN = 40;
const BAR_CELLS = 8;
const LABEL_COLUMNS_MIN = 11;
const INDENT = '  ';
const LIGHT_COLOURS: Readonly<Record<BayDocument['light'], Colour | undefined>> = {
  off: undefined,
  'safe-to-take': 'green',
  'do-not-take': 'yellow',
  'call-someone': 'red',
};
const SEVERITY_COLOURS: Readonly<Record<Severity, Colour>> = {
  info: 'dim',
  warning: 'yellow',
  error: 'red',
  critical: 'red',
};
const LABELS = ['backlog', 'store', 'broker', 'disk', 'clock'] as const;
const LIGHTS = Object.keys(LIGHT_COLOURS) as BayDocument['light'][];
const BAY_STATES = [
  'empty',
  'reading',
  'pulling',
  'pushing',
  'erasing',
  'done',
  'failed',
] as const satisfies BayDocument['state'][];

/** All lines, without ends. */
export function statusLines(says: StationSays, options: ViewOptions): string[] {
  const view = new View(options);
  return [
    view.head(says),
    '',
    ...view.bays(says.bays),
    '',
    ...view.numbers(says),
    '',
    ...view.conditions(says.conditions),
  ];
}

/** A text as lines that fit, such as why there is nothing to show. */
export function noteLines(text: string, width: number): string[] {
  return wrap(text, Math.max(width, WIDTH_MIN));
}

class View {
  readonly #words: Say<typeof STATUS_EN>;
  readonly #options: ViewOptions;
  readonly #width: number;
  readonly #labelColumns: number;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#words = STATUS[options.language];
    const longest = Math.max(...LABELS.map((label) => this.#words(label).length));
    this.#labelColumns = Math.max(LABEL_COLUMNS_MIN, longest + 1);
    this.#width = Math.max(options.width, WIDTH_MIN);
  }

  head({ status, info }: StationSays): string {
    const since = this.#words('since', { at: shownAt(status.since) });
    const colour: Colour = status.state === 'ready' ? 'green' : 'yellow';
    const version = info === null ? '' : `  bodydock ${info.version}`;
    return this.#row([
      [info?.station ?? '', 'bold'],
      [`  ${this.#words(`state.${status.state}`)}`, colour],
      [` ${since}${version}`, 'dim'],
    ]);
  }

  bays(bays: readonly BayDocument[]): string[] {
    const words = this.#words;
    const [bay, camera, light, state] = [words('bay'), words('camera'), words('light'), words('state')];
    const widest = (title: string, cells: readonly string[], most: number): number =>
      Math.min(most, Math.max(title.length, ...cells.map(({ length }) => length)));
    const columns = [
      widest(
        bay,
        bays.map(({ bay: id }) => id),
        12,
      ),
      widest(
        camera,
        bays.map((each) => each.camera ?? '-'),
        14,
      ),
      widest(
        light,
        LIGHTS.map((each) => words(`light.${each}`)),
        15,
      ),
      widest(
        state,
        BAY_STATES.map((each) => words(`bayState.${each}`)),
        9,
      ),
    ] as const;
    const cell = (text: string, at: 0 | 1 | 2 | 3): string =>
      `${cut(text, columns[at]).padEnd(columns[at])}  `;
    const title = [cell(bay, 0), cell(camera, 1), cell(light, 2), cell(state, 3), words('progress')].join('');
    const rows = bays.map((each) =>
      this.#row([
        [cell(each.bay, 0)],
        [cell(each.camera ?? '-', 1)],
        [cell(words(`light.${each.light}`), 2), LIGHT_COLOURS[each.light]],
        [cell(words(`bayState.${each.state}`), 3), each.state === 'failed' ? 'red' : undefined],
        [this.#progress(each)],
      ]),
    );
    return [this.#row([[title, 'dim']]), ...rows];
  }

  numbers({ health, agent }: StationSays): string[] {
    const words = this.#words;
    const brokerRow = this.#labelled(
      words('broker'),
      this.#broker(agent),
      agent.broker_connected ? undefined : 'red',
    );
    if (health === null) return brokerRow;
    const { free_bytes: freeBytes, clock_synchronised: synchronised } = health;
    const space =
      freeBytes === null
        ? words('unknown')
        : words('free', { size: dataSize(freeBytes, this.#options.language) });
    const time = words(
      `clockState.${synchronised === null ? 'unknown' : synchronised ? 'synchronised' : 'not'}`,
    );
    return [
      ...this.#labelled(words('backlog'), this.#backlog(health)),
      ...this.#labelled(words('store'), this.#store(health)),
      ...brokerRow,
      ...this.#labelled(words('disk'), space),
      ...this.#labelled(words('clock'), time, synchronised === false ? 'yellow' : undefined),
    ];
  }

  conditions(conditions: readonly ConditionDocument[]): string[] {
    const { language } = this.#options;
    if (conditions.length === 0) return [this.#row([[this.#words('noConditions'), 'green']])];
    return worstFirst(conditions).flatMap((each) => {
      const severity = this.#words(`severity.${each.severity}`).toUpperCase();
      const subjects = shownSubjects(each.subjects);
      const about = subjects === '' ? '' : ` (${subjects})`;
      const since = `  ${this.#words('since', { at: shownAt(each.since) })}`;
      const fits = `${severity}  ${each.code}${about}${since}`.length <= this.#width;
      return [
        this.#row([
          [severity, SEVERITY_COLOURS[each.severity]],
          [`  ${each.code}${fits ? about : ''}`],
          [since, 'dim'],
        ]),
        ...(fits || about === '' ? [] : this.#indented(about.trim())),
        ...this.#indented(each.text[language]),
        ...this.#indented(`${this.#words('toDo')}${each.remedy[language]}`),
      ];
    });
  }

  /** What is worth most first: a narrow terminal cuts the end. */
  #progress(bay: BayDocument): string {
    const { entries, entries_spooled: spooled, entries_waiting: waiting, bytes, state } = bay;
    if (state === 'empty') return '';
    const docked = bay.docked_at === null ? [] : [this.#words('docked', { at: shownAt(bay.docked_at) })];
    if (entries === 0) return docked.join('');
    const done = state === 'pushing' ? bay.bytes_receipted : bay.bytes_spooled;
    const share = bytes === 0 ? 1 : Math.min(1, done / bytes);
    const parts: string[] = [];
    // A file that is still being written waits; a person is called for one that cannot be taken.
    const isGivenUp = bay.light === 'call-someone';
    if (waiting > 0)
      parts.push(
        isGivenUp ? this.#words('notTaken', { count: waiting }) : this.#words('waiting', { count: waiting }),
      );
    const isMoving = state === 'pulling' || state === 'pushing';
    if (isMoving) parts.push(`${bar(share)} ${Math.floor(100 * share)}%`);
    if (bay.remaining_s !== null) parts.push(this.#duration(bay.remaining_s));
    if (bay.rate_bytes_per_s !== null)
      parts.push(`${dataSize(bay.rate_bytes_per_s, this.#options.language)}/s`);
    const files = `${spooled}/${entries}`;
    parts.push(isMoving ? files : this.#words('files', { files }), ...docked);
    return parts.join('  ');
  }

  #backlog(health: HealthDocument): string {
    const { language } = this.#options;
    const words = this.#words;
    const parts: string[] = [];
    if (health.spooled_recordings > 0) {
      parts.push(
        words('recordings', { count: health.spooled_recordings }),
        dataSize(health.spooled_bytes, language),
      );
    }
    if (health.spooled_docking_records > 0)
      parts.push(words('records', { count: health.spooled_docking_records }));
    const { oldest_unstored_seconds: seconds, window_opens_at: opensAt } = health;
    if (parts.length === 0) parts.push(words('nothingWaits'));
    else if (seconds !== null) parts.push(words('oldest', { age: this.#duration(seconds) }));
    if (opensAt !== null) parts.push(this.#words('untilWindow', { at: shownAt(opensAt) }));
    if (health.quarantined_entries > 0) parts.push(words('aside', { count: health.quarantined_entries }));
    return parts.join(', ');
  }

  #broker({ broker, broker_connected: isConnected, rate_bytes_per_s: rate }: StationSays['agent']): string {
    const address = this.#words(isConnected ? 'connected' : 'notConnected', { broker });
    if (rate === null) return address;
    const size = rate < 1e6 ? `${Math.round(rate / 1e3)} kB` : dataSize(rate, this.#options.language);
    return `${address}, ${this.#words('atMost', { rate: size })}`;
  }

  #store({ store_silent_seconds: seconds }: HealthDocument): string {
    return seconds === null ? this.#words('unheard') : this.#words('heard', { age: this.#duration(seconds) });
  }

  #duration(seconds: number): string {
    return durationText(seconds, this.#options.language);
  }

  #labelled(label: string, text: string, colour?: Colour): string[] {
    return wrap(text, this.#width - this.#labelColumns).map((line, at) =>
      this.#row([[(at === 0 ? label : '').padEnd(this.#labelColumns)], [line, colour]]),
    );
  }

  #indented(text: string): string[] {
    return wrap(text, this.#width - INDENT.length).map((line) => `${INDENT}${line}`);
  }

  /** Pieces side by side, cut at the width, coloured where that is wished. */
  #row(pieces: readonly (readonly [text: string, colour?: Colour | undefined])[]): string {
    let room = this.#width;
    let row = '';
    for (const [text, colour] of pieces) {
      const shown = cut(printable(text), room);
      room -= shown.length;
      row += this.#options.colour && colour !== undefined ? `\x1b[${SGR[colour]}m${shown}\x1b[0m` : shown;
    }
    return row.trimEnd();
  }
}

function bar(share: number): string {
  const full = Math.floor(share * BAR_CELLS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}]`;
}

function cut(text: string, columns: number): string {
  return text.length <= columns
    ? text
    : `${text.slice(0, Math.max(0, columns - 1))}~`.slice(0, Math.max(0, columns));
}

/** Words of a text in lines of at most that many columns; longer words are cut. A command in backticks stays in one line where it fits. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  const words = printable(text).match(/\S*`[^`]*`\S*|\S+/g) ?? [];
  for (const word of words.flatMap((each) => (each.length > columns ? each.split(' ') : [each]))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= columns) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = cut(word, columns);
    }
  }
  return line === '' ? lines : [...lines, line];
}
