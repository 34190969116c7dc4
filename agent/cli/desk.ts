// `bodydock desk`: answers the page of the office's desk at the store.
import { access, constants } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { command } from '../../config/command-line.ts';
import { withCredentials } from '../../config/credentials.ts';
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../config/exit-codes.ts';
import { FileFinds } from '../../config/file-finds.ts';
import { loadReceiverConfig, RECEIVER_FILE } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { refusedFile, renderProblems } from '../../config/problems.ts';
import { checkDeskFiles } from '../../config/tls-files.ts';
import { isAbsent, systemCode } from '../../protocol/format/errors.ts';
import { Progress } from '../../protocol/format/progress.ts';
import { DeskList } from '../desk/desk-list.ts';
import { DeskOrders } from '../desk/desk-orders.ts';
import { openDesk } from '../desk/desk-server.ts';
import { DISCLOSURES } from '../evidence/kit/disclosure.ts';
import { listVault } from '../evidence/list/vault-list.ts';
import { Calendar } from '../evidence/report/calendar.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { pinoLog } from '../platform/log-pino.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { openServiceManager, startWatchdog } from '../platform/service-manager.ts';

/** Errors: "config.refused", "desk.none", "verify.*", "key.*"; those of openDesk. */
export const desk = command(
  {
    name: 'bodydock desk',
    usage: ['[--keys KEYS] [--config FILE]'],
    about: `
Answers the page of the office's desk, beside the receiver, until SIGTERM or SIGINT: the list of the vault, manifests and sealed
bytes, to browsers with a certificate that names a role (\`bodydock-receiver ca issue\`). It opens nothing and has no page of its own. A
person who looks at a recording says why, and the store's log keeps it; orders that an officer and a supervisor sign go to the receiver, which
places them. bodydock-desk.service runs it as a user that only reads the vault.
`,
    options: {
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with the public keys (default: that of keys.signing_file)',
      },
      config: RECEIVER_FILE,
    },
    json: null,
    exits: '0 ended when asked to, 1 failure, 2 usage, 78 configuration, keys or certificates.',
  },
  async ({ values: { config: file, keys: keysFolder } }, io) => {
    const loaded = await loadReceiverConfig(file);
    if (loaded.kind === 'refused') throw refusedFile(file, loaded.problems, 'bodydock-receiver', io);
    const handed = process.env['CREDENTIALS_DIRECTORY'];
    const {
      vault,
      keys,
      desk: config,
    } = await withCredentials(loaded.config, dirname(resolve(file)), handed);
    if (config === null) {
      io.err(`bodydock: ${file} has no group "desk": nothing says where and to whom to answer\n`);
      return EXIT_CONFIGURATION;
    }
    const finds = new FileFinds();
    await checkDeskFiles(config, undefined, finds);
    await checkDisclosures(join(vault.path, DISCLOSURES), finds);
    if (finds.problems.length > 0) {
      io.err(renderProblems(finds.problems));
      return EXIT_CONFIGURATION;
    }
    const [clock, log] = [nodeClock(), pinoLog({ level: 'info' })];
    const manager = openServiceManager({ environment: process.env, log });
    const wish = {
      files: nodeFiles(),
      vault: vault.path,
      keysFolder: keysFolder ?? dirname(keys.signingFile),
      calendar: new Calendar('UTC'),
      all: true,
      signal: io.signal,
    };
    const list = await DeskList.open(() => listVault({ ...wish, nowMs: clock.wallMs() }), clock, log);
    const files = await ownedFiles(vault.path);
    const ports = { files, clock, random: nodeRandom(), log };
    const orders = await DeskOrders.open(loaded.config, {
      ...ports,
      keysFolder: wish.keysFolder,
      signal: io.signal,
    });
    const parts = { config, vault: vault.path, list, orders, ...ports };
    const served = await openDesk(parts);
    log.info('desk answers', { address: config.address, port: served.port });
    manager.ready(`desk: answers at port ${served.port}`);
    const stopWatchdog = startWatchdog({ manager, progress: new Progress(clock), clock, log });
    io.ready?.();
    await new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve();
      else io.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    stopWatchdog();
    manager.stopping();
    await served.close();
    return EXIT_GOOD;
  },
);

/** Who looks at a recording could not say why, and would see nothing. */
async function checkDisclosures(folder: string, finds: FileFinds): Promise<void> {
  const writable = (path: string): Promise<void> => access(path, constants.W_OK);
  await writable(folder)
    .catch((error: unknown) => (isAbsent(error) ? writable(dirname(folder)) : Promise.reject(error)))
    .catch((error: unknown) =>
      finds.problem(
        'disclosure.unwritable',
        folder,
        `cannot be written by this user (${systemCode(error)})`,
        'start bodydock-receiver, which makes it where its file has the group "desk"; for another vault.path the unit needs a ReadWritePaths= for it',
      ),
    );
}
