// `bodydock desk`: answers the page of the office's desk at the store.
import { dirname } from 'node:path';
import { command } from '../../config/command-line.ts';
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadReceiverConfig, RECEIVER_FILE } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { refusedFile } from '../../config/problems.ts';
import { DeskList } from '../desk/desk-list.ts';
import { openDesk } from '../desk/desk-server.ts';
import { listVault } from '../evidence/list/vault-list.ts';
import { Calendar } from '../evidence/report/calendar.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { pinoLog } from '../platform/log-pino.ts';
import { nodeRandom } from '../platform/random-node.ts';

/** Errors: "config.refused", "desk.none", "verify.*", "key.*"; those of openDesk. */
export const desk = command(
  {
    name: 'bodydock desk',
    usage: ['[--config FILE]'],
    about: `
Answers the page of the office's desk, beside the receiver and as its user, until SIGTERM or SIGINT: the list of the vault, manifests and sealed
bytes, to browsers with a certificate that names a role (\`bodydock-receiver ca issue\`). It opens nothing and has no page of its own. A
person who looks at a recording says why, and the store's log keeps it.
`,
    options: { config: RECEIVER_FILE },
    json: null,
    exits: '0 ended when asked to, 1 failure, 2 usage, 78 configuration, keys or certificates.',
  },
  async ({ values: { config: file } }, io) => {
    const loaded = await loadReceiverConfig(file);
    if (loaded.kind === 'refused') throw refusedFile(file, loaded.problems, 'bodydock-receiver', io);
    const { vault, keys, desk: config } = loaded.config;
    if (config === null) {
      io.err(`bodydock: ${file} has no group "desk": nothing says where and to whom to answer\n`);
      return EXIT_CONFIGURATION;
    }
    const [clock, log] = [nodeClock(), pinoLog({ level: 'info' })];
    const wish = {
      files: nodeFiles(),
      vault: vault.path,
      keysFolder: dirname(keys.signingFile),
      calendar: new Calendar('UTC'),
      all: true,
      signal: io.signal,
    };
    const list = await DeskList.open(() => listVault({ ...wish, nowMs: clock.wallMs() }), clock, log);
    const files = await ownedFiles(vault.path);
    const parts = { config, vault: vault.path, list, files, clock, random: nodeRandom(), log };
    const served = await openDesk(parts);
    log.info('desk answers', { address: config.address, port: served.port });
    io.ready?.();
    await new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve();
      else io.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await served.close();
    return EXIT_GOOD;
  },
);
