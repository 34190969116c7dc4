// The last part of `npm run build`. This file lies in dist/systemd/packaging.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeDeskPage } from './desk-page.ts';
import { bundlePrograms } from './programs.ts';

const code = fileURLToPath(new URL('../..', import.meta.url));
await bundlePrograms(code);
await writeDeskPage(join(code, '..'), code);
