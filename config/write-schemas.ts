// Program of `npm run schemas`: writes the JSON Schemas and the option references into the folder that its argument names.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchemas } from './json-schemas.ts';
import { optionReferences } from './option-reference.ts';

const folder = process.argv[2] ?? 'config';
const files = { ...jsonSchemas(), ...optionReferences() };
for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
