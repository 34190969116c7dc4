// Uploads every file of a folder with tus-js-client, one after the other, each in one piece as its project advises.
//   node tus-client-main.js PACKAGES URL FOLDER
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { importFrom } from './tus-modules.ts';

interface ClientModule {
  readonly Upload: new (
    file: unknown,
    options: {
      readonly endpoint: string;
      readonly uploadSize: number;
      readonly metadata: Readonly<Record<string, string>>;
      readonly onError: (error: Error) => void;
      readonly onSuccess: () => void;
    },
  ) => { start(): void };
}

const [packages = '', endpoint = '', folder = ''] = process.argv.slice(2);
const { Upload } = await importFrom<ClientModule>(packages, 'tus-js-client');

function upload(name: string): Promise<void> {
  const path = join(folder, name);
  return new Promise((resolve, reject) => {
    new Upload(createReadStream(path), {
      endpoint,
      uploadSize: statSync(path).size,
      metadata: { filename: name },
      onError: reject,
      onSuccess: resolve,
    }).start();
  });
}

for (const name of readdirSync(folder).sort()) await upload(name);
