// `bodydock doctor`: looks at everything that a station needs, with and without a running agent, and says what is wrong and the command
// that mends it. Changes nothing that stays. Each area of checks has a file of its own.
import { resolve } from 'node:path';
import { command, type Io, LANG, writeJson } from '../../config/command-line.ts';
import { countFindings, findingsText, type ShownFinding, sumText } from '../../config/doctor-text.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD, EXIT_UNREACHABLE } from '../../config/exit-codes.ts';
import type { Language } from '../../config/language.ts';
import { loadStationConfig, spoolOfRefused, STATION_FILE } from '../../config/load.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import { askAgent, type Asked } from '../monitoring/control-client.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { checkBroker } from './doctor-broker.ts';
import { checkFiles, refusedFindings } from './doctor-config.ts';
import { checkDisk } from './doctor-disk.ts';
import {
  type Check,
  type DoctorContext,
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
    const inWords = (some: readonly Finding[]): ShownFinding[] => some.map((each) => shown(each, language));
    const tell = (more: readonly Finding[]): void => {
      findings.push(...more);
      if (!json) io.out(findingsText(inWords(more), language));
    };
    const loaded = await loadStationConfig(file);
    if (loaded.kind === 'refused') {
      tell(refusedFindings(file, loaded.problems));
      await examineRefused(file, world(io), tell);
    } else await examine({ file, config: loaded.config, connect, ...world(io) }, tell);
    const station = loaded.kind === 'refused' ? null : loaded.config.station;
    const all = inWords(findings);
    const counts = countFindings(all);
    if (json) writeJson(io, { good: counts.error === 0, station, file, counts, findings: all });
    else io.out(sumText(all, language));
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

/** Its words, in one language. */
function shown(finding: Finding, language: Language): ShownFinding {
  const { code, where } = finding;
  return { code, severity: kindOf(finding).severity, where, ...wordsOf(finding, language) };
}
