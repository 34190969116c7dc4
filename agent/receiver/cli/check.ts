// `bodydock-receiver check`: every problem of receiver.yaml and of the files that it names. Changes nothing.
import { dirname, resolve } from 'node:path';
import { findsIn, refusedText, warningsText, type CheckFinds } from '../../../config/check-text.ts';
import { EXIT_CONFIGURATION, EXIT_GOOD, EXIT_UNREACHABLE } from '../../../config/exit-codes.ts';
import { withCredentials } from '../../../config/credentials.ts';
import { checkReceiverFiles } from '../../../config/enrolment/installed-files.ts';
import type { Language } from '../../../config/language.ts';
import { loadReceiverConfig, RECEIVER_FILE } from '../../../config/load.ts';
import { printable } from '../../../config/problems.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { checkBroker, type BrokerFinding } from './check-broker.ts';
import { command, LANG } from '../../../config/command-line.ts';

/** What was found about one file; `config` only where the receiver can start with it. */
interface Finds extends CheckFinds {
  readonly config: ReceiverConfig | undefined;
}

/** The configuration where it is good in all, else its problems. With a folder of credentials, secrets are these. Never rejects. */
export async function loadChecked(file: string, credentials?: string): Promise<Finds> {
  const loaded = await loadReceiverConfig(file);
  if (loaded.kind === 'refused') {
    const { problems, places } = loaded;
    // A service cannot read root's files, and knows by a good configuration alone which of them it was handed.
    const files =
      credentials === undefined && places ? await checkReceiverFiles(places, Date.now()) : undefined;
    const all = [...problems, ...(files?.problems ?? [])];
    return { config: undefined, problems: all, warnings: files?.warnings ?? [] };
  }
  const config = await withCredentials(loaded.config, dirname(resolve(file)), credentials);
  const { problems, warnings } = await checkReceiverFiles(config, Date.now());
  return { config: problems.length > 0 ? undefined : config, problems, warnings };
}

/** Errors: "usage", the signal's reason. */
export const check = command(
  {
    name: 'bodydock-receiver check',
    usage: ['[--connect] [--config FILE] [--lang en|de] [--json]'],
    about: `
Checks receiver.yaml and the files that it names. Reports every problem at once, and changes nothing.
`,
    options: {
      connect: {
        type: 'boolean',
        text: 'logs in at the broker as well and says which monitoring works with it: a running receiver may be cut off by that for some seconds',
      },
      config: RECEIVER_FILE,
      lang: LANG,
    },
    exits: '0 good, 2 usage, 69 the broker is out of reach, 78 configuration, keys or vault.',
  },
  async ({ values: { config: file, connect = false }, json, language }, io) => {
    const { config, ...finds } = await loadChecked(file);
    const good = config !== undefined;
    const findings = good && connect ? await checkBroker(config, io.signal) : [];
    if (json)
      io.out(
        `${JSON.stringify({ good, file, ...findsIn(finds, language), ...(connect && { broker: findings }) })}\n`,
      );
    else if (good) io.out(warningsText(finds.warnings, language) + SUMMARIES[language](file, config));
    else io.out(refusedText(finds, file, language));
    if (!json) io.out(findings.map((finding) => findingText(finding, language)).join(''));
    if (!good) return EXIT_CONFIGURATION;
    return findings.some(({ severity }) => severity === 'error') ? EXIT_UNREACHABLE : EXIT_GOOD;
  },
);

const SEVERITIES: Readonly<Record<Language, Readonly<Record<BrokerFinding['severity'], string>>>> = {
  en: { good: '', note: 'note: ', warning: 'warning: ', error: 'error: ' },
  de: { good: '', note: 'Hinweis: ', warning: 'Warnung: ', error: 'Fehler: ' },
};

function findingText({ code, severity, text, remedy }: BrokerFinding, language: Language): string {
  const label = SEVERITIES[language][severity];
  const lines = [`${label}${code}: ${text[language]}`];
  if (remedy !== undefined) lines.push(`  ${remedy[language]}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

const SUMMARIES: Readonly<Record<Language, (file: string, config: ReceiverConfig) => string>> = {
  en: (file, { receiver, vault, stations, retention, roles }) => {
    const { days, documentsDays, timerHours } = retention;
    const timer = timerHours === 0 ? 'only when `expire` is called' : `every ${timerHours} hours`;
    return `good: ${file}: receiver ${receiver}, vault ${vault.path}, stations ${stations.length}
recordings stay ${days} days, documents ${documentsDays}; what is due is deleted ${timer}; orders by ${roles.officers.length} officers and ${roles.supervisors.length} supervisors
\`bodydock-receiver expire --preview\` shows what is due when, what is held and what came late\n`;
  },
  de: (file, { receiver, vault, stations, retention, roles }) => {
    const { days, documentsDays, timerHours } = retention;
    const timer =
      timerHours === 0 ? 'nur gelöscht, wenn jemand `expire` aufruft' : `alle ${timerHours} Stunden gelöscht`;
    return `in Ordnung: ${file}: Empfänger ${receiver}, Tresor ${vault.path}, Stationen ${stations.length}
Aufzeichnungen bleiben ${days} Tage, Dokumente ${documentsDays}; was fällig ist, wird ${timer}; Schlüssel der Aufzeichnungsbeauftragten: ${roles.officers.length}, der vorgesetzten Stelle: ${roles.supervisors.length}
\`bodydock-receiver expire --preview\` zeigt, was wann fällig ist, was unter Löschsperre steht und was spät kam\n`;
  },
};
