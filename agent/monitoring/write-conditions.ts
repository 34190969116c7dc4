// Part of `npm run schemas`: writes the page of all conditions into the file that its argument names.
import { writeFile } from 'node:fs/promises';
import { conditionPage } from './condition-list.ts';

await writeFile(process.argv[2] ?? 'config/monitoring/conditions.md', conditionPage());
