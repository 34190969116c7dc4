// Manual page and completion of a program, from what it says of itself: the two cannot tell different things.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  commandHelp,
  groupHelp,
  type DescribedCommand,
  type DescribedGroup,
} from '../../config/help-text.ts';

/** On a machine that does much else; it is killed then, since our programs end in order when asked to, and have said nothing. */
const HELP_MS = 120_000;
/** Of the help in a manual page, which man indents. */
const MANUAL_COLUMNS = 72;
const run = promisify(execFile);

/** One command's help; `words` is empty for the program itself. */
export interface HelpPage {
  readonly words: readonly string[];
  readonly help: DescribedCommand | DescribedGroup;
}

/** The help of the program and of every command, in its own order. Errors: a program that says nothing. */
export async function helpPages(main: string): Promise<HelpPage[]> {
  const env = { ...process.env, LC_ALL: 'C' };
  const settings = { env, timeout: HELP_MS, killSignal: 'SIGKILL' as const };
  const { stdout } = await run(process.execPath, [main, '--help', '--json'], settings);
  return pagesOf([], JSON.parse(stdout) as DescribedGroup);
}

function pagesOf(words: readonly string[], help: DescribedCommand | DescribedGroup): HelpPage[] {
  const below = 'commands' in help ? help.commands : [];
  return [{ words, help }, ...below.flatMap((entry) => pagesOf([...words, entry.name], entry.help))];
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
  const sections = pages.map(({ words, help }) => {
    const title = words.length === 0 ? '.SH DESCRIPTION' : `.SS "${words.join(' ')}"`;
    const text = 'commands' in help ? groupHelp(help, MANUAL_COLUMNS) : commandHelp(help, MANUAL_COLUMNS);
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

/** Options that may follow a group's name alone: those of the command that runs then; of a program its version. */
function optionsBeside(words: readonly string[], { commands, without }: DescribedGroup): string[] {
  const help = typeof without === 'string' ? commands.find(({ name }) => name === without)?.help : without;
  const own = help !== null && help !== undefined && 'options' in help ? help.options : [];
  const names = own.map((option) => option.name);
  return words.length === 0 ? [...names, '--version'] : names;
}

/** Completion for bash: commands, then options, then files. */
export function bashCompletion(pages: readonly HelpPage[], program: string): string {
  const cases = pages.map(({ words, help }) => {
    const typed =
      'commands' in help
        ? { commands: help.commands.map((entry) => entry.name), options: optionsBeside(words, help) }
        : { commands: [], options: help.options.map((option) => option.name) };
    const options = [...typed.options, '--help'].toSorted();
    return `    '${words.join(' ')}') words='${[...typed.commands, ...options].join(' ')}' ;;`;
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
