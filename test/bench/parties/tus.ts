// Resumable uploads with proof: the tus project's own Node server and client over TLS 1.3, from npm into a temporary folder of this run, because
// nothing of the product needs them. The server syncs each file before it answers; both ends are digested.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Party, Repetition } from './party.ts';
import { measureShell, sameDigests } from './shell.ts';
import { TlsFar, type TlsServer } from './tls-far.ts';

const run = promisify(execFile);
const PACKAGES = ['@tus/server@2.4.5', '@tus/file-store@2.1.1', 'tus-js-client@4.3.1'];
const FETCH_MS = 120_000;
const SERVER = fileURLToPath(new URL('./tus-server-main.js', import.meta.url));
const CLIENT = fileURLToPath(new URL('./tus-client-main.js', import.meta.url));

/** $1 node, $2 client, $3 folder of the packages, $4 URL, $5 source, $6 folder at the far end, $7 authority. The server keeps notes of its own beside the files. */
const SCRIPT = `
(cd "$5" && sha256sum -- *) > "$6.near"
NODE_EXTRA_CA_CERTS=$7 "$1" "$2" "$3" "$4" "$5"
(cd "$6" && sha256sum -- *.MP4) > "$6.far"
cmp "$6.near" "$6.far"
`;

export function tusParty(name: string, title: string): Party {
  let packages = '';
  return {
    name,
    title,
    tools: ['npm', 'openssl', 'sha256sum', 'cmp', 'bash'],
    fetch: async (signal) => {
      packages = await mkdtemp(join(tmpdir(), 'bodydock-bench-tus-packages-'));
      await writeFile(join(packages, 'package.json'), '{"private":true}');
      // Without a network it is skipped, which must not take minutes.
      const words = [
        'install',
        '--prefer-offline',
        '--fetch-retries=0',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        ...PACKAGES,
      ];
      await run('npm', words, { cwd: packages, signal, timeout: FETCH_MS });
    },
    remove: async () => {
      if (packages !== '') await rm(packages, { recursive: true, force: true });
    },
    prepare: async (work): Promise<Repetition> => {
      const far = await TlsFar.open(tusServer(packages));
      const words = [process.execPath, CLIENT, packages, far.url, work.folder, far.files, far.caFile];
      return {
        run: (signal) => measureShell(SCRIPT, words, far, signal),
        verify: (signal) => sameDigests(work, far.files, signal),
        close: () => far.close(),
      };
    },
  };
}

/** The server in a process of its own. */
function tusServer(packages: string): TlsServer {
  return {
    name: 'tus',
    path: '/files',
    start: async ({ files, port, certFile, keyFile }) => {
      const words = [SERVER, packages, `${port}`, files, certFile, keyFile];
      return spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    },
  };
}
