// Lays out help texts: paragraphs and rows of two columns, wrapped to the terminal.

/** A command as --help --json prints it: what its help, the manual page and the completion are made of. */
export interface DescribedCommand {
  readonly name: string;
  readonly usage: readonly string[];
  readonly about: string;
  readonly options: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly text: string;
  }[];
  readonly notes: string;
  readonly exits: string;
}

/** A program, or a word with commands under it. */
export interface NamedGroup {
  readonly name: string;
  readonly about: string;
  readonly notes: string;
  /** What runs where no command is named: the name of one of them, or one more. */
  readonly without: string | DescribedCommand | null;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
}

/** The same with the help of all commands. */
export interface DescribedGroup extends NamedGroup {
  readonly commands: readonly {
    readonly name: string;
    readonly summary: string;
    readonly help: DescribedCommand | DescribedGroup;
  }[];
}

const COLUMNS_DEFAULT = 80;
/** Longer lines are hard to read. */
const COLUMNS_MAX = 120;
/** What is wider stands on a line of its own. */
const LEFT_COLUMNS_MAX = 26;

/** Help of one command. `columns` of the terminal, where there is one. */
export function commandHelp(help: DescribedCommand, columns: number | undefined): string {
  const { name, usage, about, notes, exits } = help;
  const width = widthOf(columns);
  const options = help.options.map(
    (option) => [[option.name, option.value ?? []].flat().join(' '), option.text] as const,
  );
  return sections([
    usage.map((way) => usageLines(name, way, width)).join('\n'),
    layOut(about, width),
    rows(options, width),
    layOut(notes, width),
    exits === '' ? '' : layOut(`Exit codes: ${exits}`, width),
  ]);
}

/** Help of a program, or of a word with commands under it. */
export function groupHelp(
  { name, about, commands, without, notes }: NamedGroup,
  columns: number | undefined,
): string {
  const width = widthOf(columns);
  const isOwn = typeof without === 'object' && without !== null;
  return sections([
    `${name} ${without === null ? 'COMMAND' : '[COMMAND]'} [OPTION...]`,
    layOut(about, width),
    rows(
      commands.map((entry) => [entry.name, entry.summary] as const),
      width,
    ),
    layOut(notes, width),
    typeof without === 'string' ? layOut(`Without a command it is \`${name} ${without}\`.`, width) : '',
    layOut(`\`${name} COMMAND --help\` lists the options of a command.`, width),
    isOwn ? `Without a command:\n\n${commandHelp(without, width)}`.trimEnd() : '',
  ]);
}

function widthOf(columns: number | undefined): number {
  return Math.min(columns ?? COLUMNS_DEFAULT, COLUMNS_MAX);
}

function sections(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** "WAY  what it does": the way, and below it what it does. */
function usageLines(name: string, way: string, width: number): string {
  const [typed = '', does] = way.split(/ {2,}/);
  const line = wrapped(`${name} ${typed}`.trimEnd(), width, ' '.repeat(4));
  return does === undefined ? line : `${line}\n${wrapped(`    ${does}`, width, ' '.repeat(4))}`;
}

/** Paragraphs are apart by an empty line. A line with two spaces in front is a row; with more it belongs to the row above it. */
export function layOut(text: string, width: number): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((block) => blockOf(block, width))
    .join('\n\n');
}

function blockOf(block: string, width: number): string {
  const done: string[] = [];
  let paragraph: string[] = [];
  let list: [string, string][] = [];
  const flush = (): void => {
    if (paragraph.length > 0) done.push(wrapped(paragraph.join(' '), width, ''));
    if (list.length > 0) done.push(rows(list, width));
    [paragraph, list] = [[], []];
  };
  for (const line of block.split('\n')) {
    const last = list.at(-1);
    const row = /^ {2}(\S(?:.*?\S)??)(?: {2,}(\S.*))?$/.exec(line);
    if (row !== null) {
      if (paragraph.length > 0) flush();
      list.push([row[1] ?? '', row[2] ?? '']);
    } else if (last !== undefined && line.startsWith('   ')) last[1] = `${last[1]} ${line.trim()}`;
    else {
      if (list.length > 0) flush();
      paragraph.push(line.trim());
    }
  }
  flush();
  return done.join('\n');
}

function rows(list: readonly (readonly [string, string])[], width: number): string {
  const lefts = list.filter(([, right]) => right !== '').map(([left]) => left.length);
  const column = Math.max(0, ...lefts.filter((length) => length <= LEFT_COLUMNS_MAX)) + 4;
  const indent = ' '.repeat(column);
  return list
    .map(([left, right]) => {
      if (right === '') return `  ${left}`;
      if (left.length + 4 > column) return `  ${left}\n${wrapped(indent + right, width, indent)}`;
      return wrapped(`  ${left}`.padEnd(column) + right, width, indent, column);
    })
    .join('\n');
}

/** Breaks at spaces after the first `from` characters; what has none stays whole. Further lines begin with `indent`. */
function wrapped(text: string, width: number, indent: string, from = indent.length): string {
  const lines: string[] = [];
  let line = text.slice(0, from);
  let isEmpty = true;
  for (const word of text.slice(from).split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}
