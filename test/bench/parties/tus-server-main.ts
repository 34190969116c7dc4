// A tus server as its project shows it, behind Node's own TLS. Syncs a file before the answer to its last piece.
//   node tus-server-main.js PACKAGES PORT FOLDER CERTIFICATE KEY
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { importFrom } from './tus-modules.ts';

interface ServerModule {
  readonly Server: new (options: {
    readonly path: string;
    readonly relativeLocation: boolean;
    readonly datastore: unknown;
    readonly namingFunction: (request: unknown, metadata?: Readonly<Record<string, string | null>>) => string;
    readonly onUploadFinish: (request: unknown, upload: { readonly id: string }) => Promise<object>;
  }) => { handle(request: IncomingMessage, response: ServerResponse): unknown };
}
interface StoreModule {
  readonly FileStore: new (options: { readonly directory: string }) => unknown;
}

const [packages = '', port = '', folder = '', certificate = '', key = ''] = process.argv.slice(2);
const { Server } = await importFrom<ServerModule>(packages, '@tus/server');
const { FileStore } = await importFrom<StoreModule>(packages, '@tus/file-store');

async function syncUpload(id: string): Promise<void> {
  const file = await open(join(folder, id), 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

const tus = new Server({
  path: '/files',
  relativeLocation: true, // it does not know that TLS is in front of it
  datastore: new FileStore({ directory: folder }),
  namingFunction: (_request, metadata) => metadata?.['filename'] ?? 'nameless',
  onUploadFinish: async (_request, { id }) => {
    await syncUpload(id);
    return {};
  },
});
const tls = { cert: readFileSync(certificate), key: readFileSync(key), minVersion: 'TLSv1.3' as const };
createServer(tls, (request, response) => void tus.handle(request, response)).listen(
  Number(port),
  '127.0.0.1',
);
process.once('SIGTERM', () => process.exit());
