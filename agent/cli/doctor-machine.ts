// The system below the agent: service, clock and zone, udev rule, modules of the kernel.
import { readFile, stat } from 'node:fs/promises';
import { release } from 'node:os';
import type { StationConfig } from '../../config/station-config.ts';
import { askCommand, linuxClockSource } from '../platform/clock-source-linux.ts';
import { type Finding, found } from './doctor-finding.ts';

const UNIT = 'bodydock.service';
const ASK_MS = 5000;
const RULES = ['/etc/udev/rules.d', '/run/udev/rules.d', '/usr/lib/udev/rules.d', '/lib/udev/rules.d'].map(
  (folder) => `${folder}/70-bodydock.rules`,
);
const UTC_ZONES = /^(?:UTC|Etc\/UTC|Etc\/UCT|UCT|Zulu|Etc\/Zulu|GMT|Etc\/GMT)$/;

/** What of a doctor's context it needs. */
interface MachineContext {
  readonly config: { readonly bays: readonly Pick<StationConfig['bays'][number], 'serial' | 'usbPort'>[] };
}

export async function checkMachine(context: MachineContext): Promise<Finding[]> {
  return [
    ...(await checkService()),
    ...(await checkClock()),
    ...(await checkRules(context)),
    ...(await checkModules(context)),
  ];
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Source: sd_booted(3); systemctl(1), show. */
async function checkService(): Promise<Finding[]> {
  if (!(await isThere('/run/systemd/system'))) return [found('system.none')];
  const fields = '--property=LoadState,ActiveState,UnitFileState,NRestarts';
  const text = (await askCommand('systemctl', ['show', UNIT, fields], ASK_MS)) ?? '';
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  if (value('LoadState') !== 'loaded') return [found('system.no-unit', UNIT)];
  const findings: Finding[] = [];
  if (!value('UnitFileState').startsWith('enabled')) findings.push(found('system.disabled', UNIT));
  const state = value('ActiveState');
  if (state !== 'active')
    findings.push(found('system.failed', UNIT, { state, restarts: Number(value('NRestarts')) || 0 }));
  return findings.length > 0 ? findings : [found('system.good', UNIT)];
}

async function checkClock(): Promise<Finding[]> {
  const { timeZone: zone } = new Intl.DateTimeFormat().resolvedOptions();
  const synchronised = await linuxClockSource().isSynchronised();
  const code = synchronised === null ? 'clock.unknown' : synchronised ? 'clock.good' : 'clock.unsynchronised';
  return [found(code, '', { zone }), ...(UTC_ZONES.test(zone) ? [found('clock.zone')] : [])];
}

/** Only where a bay is at a port; folder bays need no rule. */
async function checkRules({ config }: MachineContext): Promise<Finding[]> {
  if (config.bays.every(({ usbPort, serial }) => usbPort === null && serial === null)) return [];
  const places = await Promise.all(RULES.map(isThere));
  return places.some(Boolean) ? [] : [found('system.no-rules', RULES[0])];
}

/** Modules load by themselves when a device comes, if the kernel has them at all. Source: modules.dep(5), modules.builtin. */
async function checkModules({ config }: MachineContext): Promise<Finding[]> {
  const wanted = new Set<string>();
  for (const { serial, usbPort } of config.bays) {
    if (serial !== null) for (const name of ['cdc-acm', 'usbserial']) wanted.add(name);
    if (usbPort !== null) for (const name of ['usb-storage', 'vfat', 'exfat']) wanted.add(name);
  }
  const folder = `/lib/modules/${release()}`;
  const lists = await Promise.all(
    ['modules.dep', 'modules.builtin'].map((name) => readFile(`${folder}/${name}`, 'utf8').catch(() => '')),
  );
  const known = lists.join('\n');
  if (known.trim() === '') return []; // a container, or a kernel without modules
  return [...wanted]
    .filter((name) => !new RegExp(`/${name.replaceAll(/[-_]/g, '[-_]')}\\.ko`).test(known))
    .map((module) => found('system.no-module', folder, { module }));
}
