// The last part of `npm run build`. This file lies in dist/systemd/packaging.
import { fileURLToPath } from 'node:url';
import { bundlePrograms } from './programs.ts';

await bundlePrograms(fileURLToPath(new URL('../..', import.meta.url)));
