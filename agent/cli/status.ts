// `bodydock status`: what the agent on this machine does now, on a terminal again and again until it is ended. Asks it over its socket;
// changes nothing.
import { command, type Io, LANG, writeJson } from '../../config/command-line.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadStationConfig, spoolOfRefused, STATION_FILE } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import type { Language } from '../evidence/page/language.ts';
import { askAgent, type Asked } from '../monitoring/control-client.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { noteLines, STATUS, statusLines } from './status-view.ts';

const LOOK_MS = 1000;
const COLUMNS_DEFAULT = 80;

/** Errors: "usage", "control.path-length". */
export const status = command(
  {
    name: 'bodydock status',
    usage: ['[--config FILE] [--once] [--lang en|de] [--json]'],
    about: `
Shows what the agent of this station does now: bays with their light, what waits for the store, broker, disk, clock, and every condition
with what to do. On a terminal it looks again every second until it is ended with Ctrl-C; elsewhere, as in a pipe, it looks once. Shows aliases of
cameras, never a serial number or a name.
`,
    options: {
      config: STATION_FILE,
      once: { type: 'boolean', text: 'one look' },
      lang: LANG,
    },
    json: 'one look as one JSON document',
    exits:
      '0 good, 1 no agent answered, 2 usage, 78 the file is refused: its problems are printed, and what the agent does, as far as the file names its spool.',
  },
  async (line, io) => {
    const language = line.language;
    const file = line.values.config;
    const json = line.json;
    const loaded = await loadStationConfig(file);
    const problems = loaded.kind === 'refused' ? loaded.problems : undefined;
    if (problems !== undefined) io.err(renderProblems(problems, language));
    // An agent that runs goes on with what the file said before: now it is looked at most of all.
    const spool = loaded.kind === 'refused' ? await spoolOfRefused(file) : loaded.config.spool;
    if (spool === undefined) {
      if (json) writeJson(io, { problems });
      return EXIT_CONFIGURATION;
    }
    const isRefused = problems !== undefined;
    const look = (): Promise<Asked> => askAgent(spool.path, nodeClock(), io.signal);
    const shown = json
      ? printJson(await look(), io, isRefused ? { problems } : {})
      : await show(look, { spool: spool.path, language, isRefused, once: line.values.once === true }, io);
    return isRefused ? EXIT_CONFIGURATION : shown;
  },
);

/** What is shown, besides what the agent says. */
interface Shown {
  readonly spool: string;
  readonly language: Language;
  /** The file is refused, and the agent has something else in force. */
  readonly isRefused: boolean;
  readonly once: boolean;
}

async function show(look: () => Promise<Asked>, shown: Shown, io: Io): Promise<number> {
  const lines = (asked: Asked): string[] => linesOf(asked, shown);
  const first = await look();
  if (shown.once || !terminal().isTerminal || first.kind !== 'answered') {
    const text = `${lines(first).join('\n')}\n`;
    if (first.kind === 'answered') io.out(text);
    else io.err(text);
    return first.kind === 'answered' ? EXIT_GOOD : EXIT_FAILURE;
  }
  return live(first, look, { lines, more: (count) => STATUS[shown.language]('more', { count }) }, io);
}

/** An agent that goes away meanwhile may come back: it does where its file was edited. */
async function live(
  first: Asked,
  look: () => Promise<Asked>,
  { lines, more }: { readonly lines: (asked: Asked) => string[]; readonly more: (count: number) => string },
  io: Io,
): Promise<number> {
  const clock = nodeClock();
  const frames = new Frames(terminal, (text) => io.out(text), more);
  let asked = first;
  while (!io.signal.aborted) {
    frames.show(lines(asked));
    try {
      await clock.sleep(LOOK_MS, io.signal);
      asked = await look();
    } catch (error) {
      if (!io.signal.aborted) throw error;
    }
  }
  frames.end();
  return asked.kind === 'answered' ? EXIT_GOOD : EXIT_FAILURE;
}

/** `more` stands before what the agent says. */
function printJson(asked: Asked, io: Io, more: object): number {
  if (asked.kind !== 'answered') {
    writeJson(io, { ...more, running: asked.kind === 'absent' ? false : null, reason: asked.kind });
    return EXIT_FAILURE;
  }
  const { agent, cut, ...documents } = asked.says;
  const { pid, broker, broker_connected, rate_bytes_per_s } = agent;
  writeJson(io, {
    ...more,
    running: true,
    pid,
    broker,
    broker_connected,
    rate_bytes_per_s,
    cut,
    ...documents,
  });
  return EXIT_GOOD;
}

function linesOf(asked: Asked, { spool, language, isRefused }: Shown): string[] {
  const { columns, colour } = terminal();
  const words = STATUS[language];
  if (asked.kind !== 'answered') return noteLines(words(`noAgent.${asked.kind}`, { spool }), columns);
  const lines = statusLines(asked.says, { language, width: columns, colour });
  return isRefused ? [...noteLines(words('refused'), columns), '', ...lines] : lines;
}

/** The terminal as it is now: its size may change; what cannot be drawn on is none. NO_COLOR as on no-color.org. */
function terminal(): Terminal & { readonly isTerminal: boolean } {
  const { isTTY, columns, rows } = process.stdout;
  const isTerminal = isTTY && process.env['TERM'] !== 'dumb';
  const noColour = process.env['NO_COLOR'];
  return {
    isTerminal,
    columns: isTTY && columns > 0 ? columns : COLUMNS_DEFAULT,
    rows: isTTY && rows > 0 ? rows : undefined,
    colour: isTerminal && (noColour === undefined || noColour === ''),
  };
}

// Shows one look after the other in place on a terminal.

/** Where it is shown. */
export interface Terminal {
  readonly columns: number;
  /** Undefined where it has no end. */
  readonly rows: number | undefined;
  readonly colour: boolean;
}

/** Cursor home; each line ends with "erase to its end", the last one with "erase below". Nothing flickers, nothing of before is left. */
const HOME = '\x1b[H';
const CLEAR = '\x1b[2J';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/** Looks of one call. */
export class Frames {
  readonly #now: () => Terminal;
  readonly #out: (text: string) => void;
  readonly #more: (count: number) => string;
  #isDrawn = false;

  /** `now` is asked at each look: a terminal may change its size. `more` says how many lines are not shown. */
  constructor(now: () => Terminal, out: (text: string) => void, more: (count: number) => string) {
    this.#now = now;
    this.#out = out;
    this.#more = more;
  }

  show(lines: readonly string[]): void {
    const start = this.#isDrawn ? HOME : `${CLEAR}${HOME}`;
    this.#isDrawn = true;
    const drawn = this.#fitting(lines).map((line) => `${line}${ERASE_LINE}`);
    this.#out(`${start}${drawn.join('\n')}${ERASE_BELOW}`);
  }

  /** The last look stays above the prompt. */
  end(): void {
    this.#out('\n');
  }

  /** The terminal would scroll, and the next look would not cover this one. */
  #fitting(lines: readonly string[]): readonly string[] {
    const { rows = Infinity } = this.#now();
    const room = rows - 1;
    if (lines.length <= room) return lines;
    const shown = lines.slice(0, Math.max(0, room - 1));
    return [...shown, this.#more(lines.length - shown.length)];
  }
}
