// Part of `npm run schemas`: writes the description of the topics into the file that its argument names.
import { writeFile } from 'node:fs/promises';
import { asyncApiYaml } from '../protocol/transfer/asyncapi.ts';

await writeFile(process.argv[2] ?? 'protocol/asyncapi.yaml', asyncApiYaml());
