// `bodydock-receiver check`: every problem of receiver.yaml and of the files that it names. Changes nothing.
import { dirname, resolve } from 'node:path';
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { withCredentials } from '../../../config/credentials.ts';
import { checkReceiverFiles } from '../../../config/installed-files.ts';
import { loadReceiverConfig } from '../../../config/load.ts';
import { printable, renderProblems, type Problem } from '../../../config/problems.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import type { CommandLine, Io } from './command-line.ts';

/** What was found about one file; `config` only where the receiver can start with it. */
interface Finds {
  readonly config: ReceiverConfig | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly { readonly file: string; readonly message: string }[];
}

/** The configuration where it is good in all, else its problems. With a folder of credentials, secrets are these. Never rejects. */
export async function loadChecked(file: string, credentials?: string): Promise<Finds> {
  const loaded = await loadReceiverConfig(file);
  if (loaded.kind === 'refused') return { config: undefined, problems: loaded.problems, warnings: [] };
  const config = await withCredentials(loaded.config, dirname(resolve(file)), credentials);
  const { problems, warnings } = await checkReceiverFiles(config, Date.now());
  return { config: problems.length > 0 ? undefined : config, problems, warnings };
}

/** Runs the command; gives the exit code. */
export async function check({ config: file, json }: CommandLine, io: Io): Promise<number> {
  const { config, problems, warnings } = await loadChecked(file);
  const good = config !== undefined;
  if (json) io.out(`${JSON.stringify({ good, file, problems, warnings })}\n`);
  else {
    io.out(warnings.map((found) => `${printable(`warning: ${found.file}: ${found.message}`)}\n`).join(''));
    io.out(good ? summary(file, config) : renderProblems(problems));
  }
  return good ? EXIT_GOOD : EXIT_CONFIGURATION;
}

function summary(file: string, config: ReceiverConfig): string {
  const { receiver, vault, stations, retention, roles } = config;
  const { days, documentsDays, timerHours } = retention;
  const timer = timerHours === 0 ? 'only when `expire` is called' : `every ${timerHours} hours`;
  return `good: ${file}: receiver ${receiver}, vault ${vault.path}, stations ${stations.length}
recordings stay ${days} days, documents ${documentsDays}; what is due is deleted ${timer}; orders by ${roles.officers.length} officers and ${roles.supervisors.length} supervisors
\`bodydock-receiver expire --preview\` shows what is due when, what is held and what came late\n`;
}
