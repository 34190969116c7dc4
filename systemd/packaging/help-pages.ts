// Manual page and completion of a program, from what it says of itself: the two cannot tell different things.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** On a machine that does much else; it is killed then, since our programs end in order when asked to, and have said nothing. */
const HELP_MS = 120_000;
const run = promisify(execFile);

/** One command's help; `words` is empty for the program itself. */
export interface HelpPage {
  readonly words: readonly string[];
  readonly text: string;
  /** Those that its parser knows. */
  readonly options: readonly string[];
  /** False where the text is the one of the command above it. */
  readonly isOwn: boolean;
}

/** Every help text of the program, in its own order. Errors: a command that says nothing. */
export async function helpPages(program: string, main: string): Promise<HelpPage[]> {
  const top = await page(main, [], '');
  const pages = [top];
  for (const name of namesIn(top.text, program)) {
    const command = await page(main, [name], top.text);
    if (!command.isOwn) continue; // the program's own help tells all of it
    pages.push(command);
    for (const under of namesIn(command.text, `${program} ${name}`))
      pages.push(await page(main, [name, under], command.text));
  }
  return pages;
}

async function page(main: string, words: readonly string[], above: string): Promise<HelpPage> {
  const text = await said(main, [...words, '--help']);
  const options = optionsOf(await said(main, [...words, '--help', '--json']), words);
  return { words, text, options, isOwn: text !== above };
}

async function said(main: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C' };
  const settings = { env, timeout: HELP_MS, killSignal: 'SIGKILL' as const };
  const { stdout } = await run(process.execPath, [main, ...words], settings);
  if (stdout === '') throw new Error(`${main} ${words.join(' ')} says nothing`);
  return stdout;
}

/** What the parser of a command tells of itself; one that only hands on to others has none, and tells its help again. */
function optionsOf(text: string, words: readonly string[]): string[] {
  if (!text.startsWith('{')) return words.length === 0 ? ['--help', '--version'] : ['--help'];
  const { options } = JSON.parse(text) as { options: string[] };
  return options.toSorted();
}

/** Names of commands: listed with a summary, or typed in the first lines as "PROGRAM a|b|c". */
function namesIn(text: string, program: string): string[] {
  const [usage = ''] = text.split('\n\n');
  const typed = usage.split('\n').flatMap((line) => {
    const words = line.startsWith(`${program} `) ? line.slice(program.length + 1).split(' ')[0] : '';
    return (words ?? '').replaceAll(/[[\]]/g, '').split('|');
  });
  const listed = /^ {2}([a-z][a-z-]+) {2,}\S/gm;
  const isListed = usage.includes('COMMAND');
  const names = isListed ? [...text.matchAll(listed)].map(([, name = '']) => name) : typed;
  return [...new Set(names.filter((name) => /^[a-z][a-z-]+$/.test(name)))];
}

export interface ManualFacts {
  readonly program: string;
  readonly summary: string;
  readonly version: string;
  /** Day, as 2026-11-25. */
  readonly day: string;
  /** Paths and what they are. */
  readonly files: readonly (readonly [string, string])[];
}

/** The page for man(1), section 1. */
export function manualPage(pages: readonly HelpPage[], facts: ManualFacts): string {
  const { program, summary, version, day, files } = facts;
  const sections = pages
    .filter(({ isOwn }) => isOwn)
    .map(({ words, text }) => {
      const title = words.length === 0 ? '.SH DESCRIPTION' : `.SS "${words.join(' ')}"`;
      return `${title}\n.nf\n${escaped(text.trimEnd())}\n.fi`;
    });
  const [first = '', ...commands] = sections;
  const listed = files.map(([path, what]) => `.TP\n.I ${escaped(path)}\n${escaped(what)}`);
  return [
    `.TH ${program.toUpperCase()} 1 "${day}" "${program} ${version}" "User Commands"`,
    `.SH NAME\n${program} \\- ${escaped(summary)}`,
    `.SH SYNOPSIS\n.B ${program}\n[\\fICOMMAND\\fR] [\\fIOPTION\\fR...]`,
    first,
    ...(commands.length === 0 ? [] : ['.SH COMMANDS', ...commands]),
    `.SH FILES\n${listed.join('\n')}`,
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

/** Completion for bash: commands, then options, then files. */
export function bashCompletion(pages: readonly HelpPage[], program: string): string {
  const below = (words: readonly string[]): string =>
    pages
      .filter(
        (page) =>
          page.words.length === words.length + 1 && words.every((word, at) => page.words[at] === word),
      )
      .map((page) => page.words.at(-1))
      .join(' ');
  const top = namesIn(pages[0]?.text ?? '', program);
  const cases = pages.map(({ words, options }) => {
    const next = words.length === 0 ? top.join(' ') : below(words);
    return `    '${words.join(' ')}') words='${[next, ...options].join(' ').trim()}' ;;`;
  });
  const name = `_${program.replaceAll('-', '_')}`;
  return `# bash completion for ${program}
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' next word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) break ;; esac
    next="\${path:+$path }$word"
    case $next in ${
      pages
        .filter(({ words }) => words.length > 0)
        .map(({ words }) => `'${words.join(' ')}'`)
        .join('|') || "''"
    }) path=$next ;; *) break ;; esac
  done
  case $path in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F ${name} ${program}
`;
}
