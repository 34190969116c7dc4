// The machine of the station: service, clock and zone, udev rule, kernel modules; the ports of the bays and their power; and what the
// running agent reports. Opens and switches nothing.
import { lstat, readFile, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import type { StationConfig } from '../../config/station-config.ts';
import { isUnfoundPort } from '../../config/usb-buses.ts';
import { askHelper, HELPER_SOCKET_NAME } from '../../drivers/helper.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { POWER_FOLDER_DEFAULT } from '../../drivers/usb/port-power-helper.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { OF_CONDITIONS } from '../../config/doctor-text.ts';
import type { ConditionDocument } from '../../protocol/transfer/monitoring.ts';
import { hasSwitch, hubPort } from '../helpers/power/power-helper.ts';
import { shownSubjects } from '../monitoring/condition-document.ts';
import { askCommand, linuxClockSource } from '../platform/clock-source-linux.ts';
import { socketText, usbPorts, type UsbPortSeen } from './bays-ports.ts';
import { agentUser } from './doctor-disk.ts';
import { type DoctorContext, type Finding, found, type SpoolContext } from './doctor-finding.ts';

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

// The ports of the bays: is the dock plugged in, is there a device that no driver opens, may the agent open it. Opens nothing.

const USB_FOLDER = '/sys/bus/usb/devices';
const DEVICE_FOLDER = '/dev/bus/usb';

/** Folders and serial ports are looked at with the other files of the configuration (doctor-config.ts). */
export async function checkBays(context: DoctorContext): Promise<Finding[]> {
  const { config, file, signal } = context;
  const bays = config.bays.filter(({ usbPort }) => usbPort !== null);
  const devices = sysfsDevices(USB_FOLDER, () => bays.flatMap(({ usbPort }) => usbPort ?? []));
  const ports = await usbPorts(devices, bays, signal);
  const findings: Finding[] = [];
  for (const port of ports) {
    if (port.bay === null) continue;
    const where = `${port.bay.id} (${socketText(port)})`;
    if (port.device === null) findings.push(...(await checkHub(port.port, where)));
    else if (port.verdict?.kind !== 'camera') findings.push(found('bay.refused', where, { config: file }));
    else findings.push(...(await checkDevice(context, port, where)));
  }
  return findings.length > 0 || bays.length === 0 ? findings : [found('bay.good')];
}

/** An empty port shows nothing; the hub that it belongs to does. */
async function checkHub(port: string, where: string): Promise<Finding[]> {
  if (isUnfoundPort(port)) return [found('bay.no-hub', where, { hub: port.split('/')[0] ?? port })];
  const dot = port.lastIndexOf('.');
  const hub = dot === -1 ? `usb${port.split('-')[0] ?? ''}` : port.slice(0, dot);
  const isThere = await stat(join(USB_FOLDER, hub)).catch(() => undefined);
  return isThere === undefined ? [found('bay.no-hub', where, { hub })] : [];
}

async function checkDevice(
  { asked }: DoctorContext,
  { device }: UsbPortSeen,
  where: string,
): Promise<Finding[]> {
  const user = await agentUser(asked);
  if (device === null || user === undefined || user.uid === 0) return [];
  const number = (value: number): string => String(value).padStart(3, '0');
  const node = join(DEVICE_FOLDER, number(device.bus), number(device.address));
  const entry = await stat(node).catch(() => undefined);
  if (entry === undefined) return [];
  const { mode, uid, gid } = entry;
  const may =
    (uid === user.uid && (mode & 0o600) === 0o600) ||
    (user.groups.includes(gid) && (mode & 0o060) === 0o060) ||
    (mode & 0o006) === 0o006;
  return may ? [] : [found('bay.device-denied', where, { node, user: user.uid })];
}

// The power of the bays' ports: is the optional helper turned on, and can the kernel switch each port. Switches nothing.

const ANSWER_MS = 2000;

/** Where it looks. */
interface PowerPlaces {
  readonly root: string;
  readonly socket: string;
}

/** What of a doctor's context it needs. */
interface PowerContext extends Pick<DoctorContext, 'clock' | 'signal'> {
  readonly config: { readonly bays: readonly Pick<StationConfig['bays'][number], 'id' | 'usbPort'>[] };
}

const PLACES: PowerPlaces = {
  root: '/sys/bus/usb/devices',
  socket: join(POWER_FOLDER_DEFAULT, HELPER_SOCKET_NAME),
};

export async function checkPower(
  context: PowerContext,
  { root, socket }: PowerPlaces = PLACES,
): Promise<Finding[]> {
  const { config, clock, signal } = context;
  const bays = config.bays.flatMap(({ id, usbPort }) => (usbPort === null ? [] : [{ id, usbPort }]));
  if (bays.length === 0) return [];
  const isThere = await lstat(socket).catch(() => undefined);
  if (isThere === undefined) return [found('power.off')];
  if (!(await answers({ socket, clock }, signal))) return [found('power.silent', socket)];
  const findings: Finding[] = [];
  for (const { id, usbPort } of bays) {
    const port = hubPort(root, usbPort);
    if (port === undefined || !(await hasSwitch(port)))
      findings.push(found('power.no-switch', `${id} (${usbPort})`));
  }
  return findings.length > 0 ? findings : [found('power.good')];
}

/** An empty line is nonsense, whose client is let go by whoever listens. Errors: the signal's reason. */
async function answers(
  at: { readonly socket: string; readonly clock: DoctorContext['clock'] },
  signal: AbortSignal,
): Promise<boolean> {
  let isThere = false;
  const fail = (kind: string): DockError => {
    isThere = kind === 'hung-up';
    return new DockError('power.absent', 'no answer', { retry: 'later' });
  };
  const words = { who: 'the helper', service: 'bodydock-power' };
  await askHelper(
    { ...at, ...words, line: '\n', answerBytesMax: 0, answerMs: ANSWER_MS, fail },
    signal,
  ).catch(() => signal.throwIfAborted());
  return isThere;
}

// What the running agent says of itself: each condition that stands, with its own words.

/** ... and code 69. */
const OUT_OF_REACH = /^(?:broker|store)\./;

export function agentFindings({ asked, config }: Pick<DoctorContext, 'asked'> & SpoolContext): Finding[] {
  if (asked === undefined) return [found('agent.path-length', config.spool.path)];
  if (asked.kind !== 'answered') return [found(`agent.${asked.kind}`, config.spool.path)];
  const findings = asked.says.conditions.map(conditionFinding);
  return findings.length > 0 ? findings : [found('agent.good')];
}

function conditionFinding({ code, severity, text, remedy, subjects }: ConditionDocument): Finding {
  const reach = OUT_OF_REACH.test(code) && severity !== 'info' && severity !== 'warning';
  return {
    code,
    where: shownSubjects(subjects),
    values: {},
    kind: { severity: OF_CONDITIONS[severity], text, remedy, ...(reach ? { exit: 69 } : {}) },
  };
}
