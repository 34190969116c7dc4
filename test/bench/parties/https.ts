// A plain upload with proof: curl puts each file to a stock nginx over TLS 1.3, one connection for all; every file is synced at the far end,
// which nginx does not do by itself, and both ends are digested. Nothing is sealed or signed.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '../../fakes/stock-tools.ts';
import type { Party } from './party.ts';
import { measureShell, sameDigests } from './shell.ts';
import { TlsFar, type TlsPlace, type TlsServer } from './tls-far.ts';

/** $1 source, $2 authority, $3 URL, $4 folder at the far end. Lists of digests lie beside that folder. */
const SCRIPT = `
(cd "$1" && sha256sum -- *) > "$4.near"
names=$(cd "$1" && printf '%s,' *)
(cd "$1" && curl --silent --show-error --fail --tlsv1.3 --cacert "$2" --upload-file "{\${names%,}}" "$3/")
(cd "$4" && sync -- * . && sha256sum -- *) > "$4.far"
cmp "$4.near" "$4.far"
`;

export function httpsParty(name: string, title: string): Party {
  return {
    name,
    title,
    tools: ['nginx', 'curl', 'openssl', 'sha256sum', 'sync', 'cmp', 'bash'],
    prepare: async (work) => {
      const far = await TlsFar.open(NGINX);
      return {
        run: (signal) => measureShell(SCRIPT, [work.folder, far.caFile, far.url, far.files], far, signal),
        verify: (signal) => sameDigests(work, far.files, signal),
        close: () => far.close(),
      };
    },
  };
}

/** A stock nginx that takes PUT. */
const NGINX: TlsServer = {
  name: 'nginx',
  path: '',
  start: async (place) => {
    const { folder } = place;
    const settings = join(folder, 'nginx.conf');
    await writeFile(settings, configuration(place));
    const words = ['-p', folder, '-c', settings, '-e', 'stderr'];
    return spawn(requireTool('nginx'), words, { stdio: ['ignore', 'ignore', 'pipe'] });
  },
};

/** Bodies are written beside the files, so that each is renamed into its place and not copied. */
function configuration({ folder, files, port, certFile, keyFile }: TlsPlace): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temporary-${name};`,
  );
  return `
${process.getuid?.() === 0 ? `user ${userInfo().username};` : ''}
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_max_body_size 0;
  ${temporary.join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols TLSv1.3;
    location / {
      root ${files};
      dav_methods PUT;
    }
  }
}
`;
}
