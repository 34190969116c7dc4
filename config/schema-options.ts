// Every option of a schema as rows for people: one source for the option reference and for tests on the example files. Pure.
import * as z from 'zod';

/** What stands behind the colon. */
export type OptionKind = 'group' | 'list' | 'text' | 'number' | 'choice' | 'truth';

/** One key of a configuration file. */
export interface SchemaOption {
  /** As in `bays[].serial.baud`: "[]" is each entry of a list. */
  readonly path: string;
  readonly kind: OptionKind;
  /** What counts where the key is not there; undefined where it must be there, or where nothing counts then. */
  readonly byDefault: string | number | boolean | undefined;
  /** Whether the key may be left out. */
  readonly isOptional: boolean;
  readonly description: string;
  /** What may stand there, in words. */
  readonly allowed: string;
}

/** All keys in the order of the file, each group and list before what is in it. */
export function schemaOptions(schema: z.core.$ZodType): SchemaOption[] {
  return below(schema, '');
}

function below(schema: z.core.$ZodType, path: string): SchemaOption[] {
  if (schema instanceof z.ZodArray) return optionAndBelow(schema.element, `${path}[]`);
  if (!(schema instanceof z.ZodObject)) return [];
  const fields = Object.entries<z.core.$ZodType>(schema.shape);
  return fields.flatMap(([key, field]) => optionAndBelow(field, path === '' ? key : `${path}.${key}`));
}

function optionAndBelow(schema: z.core.$ZodType, path: string): SchemaOption[] {
  const { inner, byDefault, isOptional, texts } = unwrapped(schema);
  const option = { path, kind: kindOf(inner), byDefault, isOptional, ...texts };
  return [option, ...below(inner, path)];
}

interface Unwrapped {
  readonly inner: z.core.$ZodType;
  readonly byDefault: SchemaOption['byDefault'];
  readonly isOptional: boolean;
  readonly texts: Pick<SchemaOption, 'description' | 'allowed'>;
}

/** Takes off what only says that a key may be left out. The outermost words count. */
function unwrapped(schema: z.core.$ZodType): Unwrapped {
  let inner = schema;
  let byDefault: SchemaOption['byDefault'];
  let { description, allowed } = textsOf(inner);
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    if (inner instanceof z.ZodDefault) byDefault = plain(inner.def.defaultValue);
    inner = inner.unwrap();
    const texts = textsOf(inner);
    description ??= texts.description;
    allowed ??= texts.allowed;
  }
  const texts = { description: description ?? '', allowed: allowed ?? '' };
  return { inner, byDefault, isOptional: inner !== schema, texts };
}

function textsOf(schema: z.core.$ZodType): { description: string | undefined; allowed: string | undefined } {
  const meta = z.globalRegistry.get(schema);
  const allowed = meta?.['allowed'];
  return { description: meta?.description, allowed: typeof allowed === 'string' ? allowed : undefined };
}

function plain(value: unknown): SchemaOption['byDefault'] {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

function kindOf(schema: z.core.$ZodType): OptionKind {
  if (schema instanceof z.ZodObject) return 'group';
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'truth';
  return schema instanceof z.ZodString ? 'text' : 'choice';
}
