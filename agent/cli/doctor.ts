// `bodydock doctor`: looks at everything that a station needs, with and without a running agent, and says what is wrong and the command
// that mends it. Changes nothing that stays. Each area of checks has a file of its own.
import { resolve } from 'node:path';
import { command, type Io, LANG, writeJson } from '../../config/command-line.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD, EXIT_UNREACHABLE } from '../../config/exit-codes.ts';
import { loadStationConfig, spoolOfRefused, STATION_FILE } from '../../config/load.ts';
import { printable } from '../../config/problems.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import { askAgent, type Asked } from '../monitoring/control-client.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { checkBroker } from './doctor-broker.ts';
import { checkFiles, refusedFindings } from './doctor-config.ts';
import { checkDisk } from './doctor-disk.ts';
import {
  type Check,
  type DoctorContext,
  type DoctorSeverity,
  type Finding,
  found,
  kindOf,
  type SpoolContext,
  wordsOf,
} from './doctor-finding.ts';
import { agentFindings, checkBays, checkMachine, checkPower } from './doctor-machine.ts';

const CHECKS: readonly Check[] = [
  checkFiles,
  checkDisk,
  checkBays,
  (context) => checkPower(context),
  checkMachine,
  checkBroker,
];

/** Errors: "usage", the signal's reason. */
export const doctor = command(
  {
    name: 'bodydock doctor',
    usage: ['[--config FILE] [--connect] [--lang en|de] [--json]'],
    about: `
Looks at configuration, keys, certificates, spool and disk, bays, service, clock, the way to the broker, the rights there, and the store; says
what is wrong and the command that mends it. Run it as root (sudo): others see less. It changes nothing and may run beside the agent; then
login, rights and store are what the agent says of them, because a second login could cut it off. Where the file is refused it looks at
what it still can, and says what it left out.
`,
    options: {
      config: STATION_FILE,
      connect: { type: 'boolean', text: 'log in at the broker although an agent runs' },
      lang: LANG,
    },
    json: 'one JSON document on standard output',
    exits:
      '0 no error (warnings and notes are printed), 1 an error, 2 usage, 69 broker or store out of reach, 78 configuration, keys or certificates.',
  },
  async (line, io) => {
    const { config, connect = false } = line.values;
    const { json, language } = line;
    const file = resolve(config); // commands may be typed elsewhere
    const findings: Finding[] = [];
    const tell = (more: readonly Finding[]): void => {
      findings.push(...more);
      if (!json) io.out(findingsText(more, language));
    };
    const loaded = await loadStationConfig(file);
    if (loaded.kind === 'refused') {
      tell(refusedFindings(file, loaded.problems));
      await examineRefused(file, world(io), tell);
    } else await examine({ file, config: loaded.config, connect, ...world(io) }, tell);
    const station = loaded.kind === 'refused' ? null : loaded.config.station;
    if (json) writeJson(io, doctorDocument(findings, { station, file, language }));
    else io.out(sumText(findings, language));
    return exitCodeOf(findings);
  },
);

function world({ signal }: Io): Pick<DoctorContext, 'clock' | 'random' | 'signal'> {
  return { clock: nodeClock(), random: nodeRandom(), signal };
}

async function examine(
  given: Omit<DoctorContext, 'asked'>,
  tell: (findings: readonly Finding[]) => void,
): Promise<void> {
  const context = { ...given, asked: await ask(given) };
  tell(agentFindings(context));
  for (const check of CHECKS) tell(await check(context));
}

/** What can be looked at without a good file, in the order of the others; and what cannot, so that nobody takes it for good. */
async function examineRefused(
  file: string,
  given: ReturnType<typeof world>,
  tell: (findings: readonly Finding[]) => void,
): Promise<void> {
  const spool = await spoolOfRefused(file);
  if (spool !== undefined) {
    const context = { ...given, config: { spool } };
    const asked = await ask(context);
    tell(agentFindings({ ...context, asked }));
    tell(await checkDisk({ ...context, asked }));
  }
  tell(await checkMachine({ config: { bays: [] } }));
  tell([found(spool === undefined ? 'config.all-left-out' : 'config.left-out', file)]);
}

function ask({
  config,
  clock,
  signal,
}: Pick<DoctorContext, 'clock' | 'signal'> & SpoolContext): Promise<Asked | undefined> {
  return askAgent(config.spool.path, clock, signal).catch((error: unknown) => {
    if (isDockError(error, 'control.path-length')) return undefined;
    throw error;
  });
}

/** What keeps the station from working at all comes first. */
function exitCodeOf(findings: readonly Finding[]): number {
  const exits = findings
    .map(kindOf)
    .filter(({ severity }) => severity === 'error')
    .map(({ exit }) => exit);
  if (exits.length === 0) return EXIT_GOOD;
  if (exits.includes(78)) return EXIT_CONFIGURATION;
  return exits.includes(69) ? EXIT_UNREACHABLE : EXIT_FAILURE;
}

// Findings as lines for people and as one document.

interface TextWords {
  readonly severities: Readonly<Record<DoctorSeverity, string>>;
  readonly toDo: string;
  readonly command: string;
  readonly sum: string;
  readonly good: string;
}

const WORDS: Readonly<Record<Language, TextWords>> = {
  en: {
    severities: { good: 'ok', note: 'note', warning: 'WARNING', error: 'ERROR' },
    toDo: 'To do: ',
    command: 'Command: ',
    sum: '{} errors, {} warnings, {} notes',
    good: 'Nothing is wrong.',
  },
  de: {
    severities: { good: 'gut', note: 'Hinweis', warning: 'WARNUNG', error: 'FEHLER' },
    toDo: 'Zu tun: ',
    command: 'Befehl: ',
    sum: '{} Fehler, {} Warnungen, {} Hinweise',
    good: 'Nichts ist falsch.',
  },
};
const LABEL_COLUMNS = 9;

/** Findings in their order. Those after each other with one remedy say it once, after the last of them. */
function findingsText(findings: readonly Finding[], language: Language): string {
  return findings
    .map((finding, at) => {
      const next = findings[at + 1];
      return findingText(finding, language, next === undefined || !isSameAdvice(finding, next, language));
    })
    .join('');
}

function isSameAdvice(one: Finding, other: Finding, language: Language): boolean {
  if (one.code !== other.code) return false;
  const [first, second] = [wordsOf(one, language), wordsOf(other, language)];
  return first.remedy === second.remedy && first.command === second.command;
}

/** One finding, a line each for what, what to do, and the command. */
function findingText(finding: Finding, language: Language, isLast: boolean): string {
  const { text, remedy, command } = wordsOf(finding, language);
  const { severities, toDo, command: label } = WORDS[language];
  const { severity } = kindOf(finding);
  const indent = ' '.repeat(LABEL_COLUMNS);
  const where = finding.where === '' ? '' : `  ${finding.where}`;
  const lines = [
    printable(`${severities[severity].padEnd(LABEL_COLUMNS)}${finding.code}${where}`),
    `${indent}${text}`,
  ];
  const isOpen = severity !== 'good' && isLast;
  if (isOpen && remedy !== null) lines.push(`${indent}${toDo}${remedy}`);
  if (isOpen && command !== null) lines.push(`${indent}${label}${command}`);
  return `${lines.join('\n')}\n`;
}

/** The last line. */
function sumText(findings: readonly Finding[], language: Language): string {
  const { sum, good } = WORDS[language];
  const { error, warning, note } = countFindings(findings);
  const counts = fill(sum, error, warning, note);
  return `${error + warning === 0 ? `${good} ` : ''}(${counts})\n`;
}

function countFindings(findings: readonly Finding[]): Record<DoctorSeverity, number> {
  const counts = { good: 0, note: 0, warning: 0, error: 0 };
  for (const finding of findings) counts[kindOf(finding).severity]++;
  return counts;
}

/** Shape: `{good, station, file, counts, findings: [{code, severity, where, text, remedy, command}]}`. */
function doctorDocument(
  findings: readonly Finding[],
  about: { readonly station: string | null; readonly file: string; readonly language: Language },
): object {
  const { good: _good, ...counts } = countFindings(findings);
  return {
    good: counts.error === 0,
    station: about.station,
    file: about.file,
    counts,
    findings: findings.map((finding) => ({
      code: finding.code,
      severity: kindOf(finding).severity,
      where: finding.where,
      ...wordsOf(finding, about.language),
    })),
  };
}
