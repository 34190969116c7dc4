// The example template for Zabbix, read as its server would: items, those that depend on another one, and macros.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

export interface ZabbixItem {
  readonly key: string;
  readonly uuid: string;
  readonly preprocessing?: readonly { readonly type: string; readonly parameters: readonly string[] }[];
  readonly master_item?: { readonly key: string };
  readonly triggers?: readonly { readonly expression: string; readonly uuid: string }[];
}

export interface ZabbixTemplate {
  readonly template: string;
  readonly items: readonly ZabbixItem[];
}

export async function readZabbixTemplate(): Promise<ZabbixTemplate> {
  const file = new URL('../../config/monitoring/zabbix-template.yaml', import.meta.url);
  const { zabbix_export: whole } = parse(await readFile(file, 'utf8')) as {
    zabbix_export: { templates: ZabbixTemplate[] };
  };
  const [template] = whole.templates;
  if (template === undefined) throw new Error('zabbix-template.yaml has no template');
  return template;
}

/** A key with its macros filled in; one that is not told is empty. */
export function withMacros(key: string, macros: Readonly<Record<string, string>>): string {
  return key.replace(/\{\$([A-Z.]+)\}/g, (_, name: string) => macros[name] ?? '');
}

/** What a dependent item makes of its master's value: the one step that the template uses. */
export function dependentValue({ key, preprocessing = [] }: ZabbixItem, master: string): unknown {
  const [step, ...more] = preprocessing;
  const field = /^\$\.([a-z_]+)$/.exec(step?.parameters[0] ?? '')?.[1];
  if (step?.type !== 'JSONPATH' || field === undefined || more.length > 0)
    throw new Error(`${key} is made in a way that this test does not know`);
  return (JSON.parse(master) as Record<string, unknown>)[field];
}
