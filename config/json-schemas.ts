// JSON Schemas of the two configuration files, for editors. Made from the schemas that the programs check with.
import * as z from 'zod';
import { receiverFileSchema } from './receiver-schema.ts';
import { stationFileSchema } from './station-schema.ts';

/** File names in this folder and their texts. Draft 7 is what editors' YAML servers know. */
export function jsonSchemas(): Readonly<Record<'station.schema.json' | 'receiver.schema.json', string>> {
  return {
    'station.schema.json': render(stationFileSchema),
    'receiver.schema.json': render(receiverFileSchema),
  };
}

function render(schema: z.ZodType): string {
  const document = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      // The words of our own messages; editors make theirs from the rest.
      delete jsonSchema['allowed'];
    },
  });
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
