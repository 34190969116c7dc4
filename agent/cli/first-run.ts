// `bodydock first-run`, in the project `npm start`: the first run. Says what it is going to do with the cameras in its first line, and what became of them in its last ones.
import { command, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD, EXIT_REJECTED_ENTRIES } from '../../config/exit-codes.ts';
import { typedCommand } from '../../config/program-version.ts';
import type { BayDocument } from '../../protocol/transfer/messages.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { pinoLog } from '../platform/log-pino.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { checkCameraFolders } from './first-run/camera-folders.ts';
import { closingWords, glanceAtVault, type VaultGlance } from './first-run/closing-words.ts';
import { firstRun, type FirstRunResult } from './first-run/first-run.ts';
import { openOutFolder } from './first-run/out-folder.ts';
import { formatBytes } from './first-run/progress.ts';

/** Exit code when all has ended. Errors: those of checkCameraFolders, openOutFolder and firstRun. */
export const firstRunCommand = command(
  {
    name: 'bodydock first-run',
    usage: ['[--camera DIR]... [--out OUT] [--erase] [--json]'],
    about:
      'Runs broker, store and station on this machine, docks cameras, and ends when every recording is receipted and verified.',
    options: {
      camera: {
        type: 'string',
        value: 'DIR',
        multiple: true,
        text: "a camera's folder or a mounted card; may be given several times (default: two simulated cameras, which are erased and docked once more, empty)",
      },
      out: {
        type: 'string',
        value: 'OUT',
        text: 'where vault, keys and logs go: a new or empty folder, or one of an earlier first run, which then goes on (default: a new folder below out/)',
      },
      erase: {
        type: 'boolean',
        text: 'erase each recording from its camera once the store has given its receipt; without it nothing is erased',
      },
    },
    json: 'one JSON document at the end',
    exits:
      '0 all receipted (erased where asked for) and verified, 1 something is missing, 2 usage, 3 as 0, but some files count as rejected (empty, unknown kind, odd name): they are stored anyway. In a folder of the project: npm start -- --camera DIR, and so on.',
  },
  async (line, io) => {
    const cameras = line.values.camera ?? [];
    const simulated = cameras.length === 0;
    const erase = simulated || line.values.erase === true;
    await checkCameraFolders(cameras, line.values.out, process.cwd());
    const out = await openOutFolder(line.values.out, process.cwd());
    io.out(`${intention(simulated, erase)}\n`);
    const output = { isTTY: process.stdout.isTTY, write: (text: string) => io.out(text) };
    const tools = {
      clock: nodeClock(),
      random: nodeRandom(),
      log: pinoLog({ level: 'error' }),
      output,
      signal: io.signal,
    };
    const result = await firstRun({ out, cameras, erase }, tools);
    io.out(`\n${result.verified.text}\n\n`);
    const glance = await glanceAtVault(out);
    for (const words of closingWords(out, glance.example, await typedCommand())) io.out(`${words}\n`);
    io.out(`\n${outcome(result, erase, glance)}\n`);
    const exitCode = exitCodeOf(result, glance.rejected);
    if (line.json)
      writeJson(io, {
        out: out.path,
        complete: result.complete,
        bays: result.bays,
        verify_exit_code: result.verified.exitCode,
      });
    return exitCode;
  },
);

function intention(simulated: boolean, erase: boolean): string {
  if (simulated)
    return 'First run with two simulated cameras: their recordings are erased from them once the store has given its receipts.';
  return erase
    ? 'With --erase: each recording is erased from its camera once the store has given its receipt.'
    : 'Nothing is erased: every file stays on its camera (--erase erases what the store has receipted).';
}

function outcome(result: FirstRunResult, erase: boolean, glance: VaultGlance): string {
  const { recordings, accompanying, rejected, dockings, emptyDockings } = glance;
  const total = (pick: (bay: BayDocument) => number): number =>
    result.bays.reduce((sum, bay) => sum + pick(bay), 0);
  const counts = `${total((bay) => bay.entries_receipted)} of ${total((bay) => bay.entries)} files receipted (${formatBytes(total((bay) => bay.bytes))})`;
  const erased = erase
    ? `${total((bay) => bay.entries_erased)} erased from their cameras`
    : 'nothing was erased, every file is still on its camera';
  const good = result.complete && result.verified.exitCode === EXIT_GOOD;
  const held = `in the vault ${recordings} recordings with ${accompanying} accompanying files`;
  const odd = rejected === 0 ? '' : `, ${rejected} of all in the vault count as rejected (stored anyway)`;
  const empty = emptyDockings === 0 ? '' : ` (${emptyDockings} of a camera with no file on it)`;
  const recorded = `${dockings} dockings on record${empty}`;
  return `${good ? 'Good' : 'NOT COMPLETE'}: ${counts}, ${held}${odd}, ${erased}, ${recorded}, ${result.verified.exitCode === EXIT_GOOD ? 'all verified' : 'verification failed'}.`;
}

function exitCodeOf(result: FirstRunResult, rejected: number): number {
  if (!result.complete || result.verified.exitCode !== EXIT_GOOD) return EXIT_FAILURE;
  return rejected > 0 ? EXIT_REJECTED_ENTRIES : EXIT_GOOD;
}
