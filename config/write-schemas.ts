// Program of `npm run schemas`: writes the JSON Schemas into the folder that its argument names.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchemas } from './json-schemas.ts';

const folder = process.argv[2] ?? 'config';
for (const [name, text] of Object.entries(jsonSchemas())) await writeFile(join(folder, name), text);
