// The power of the bays' ports: is the optional helper turned on, and can the kernel switch each port. Switches nothing.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StationConfig } from '../../config/station-config.ts';
import { askHelper, HELPER_SOCKET_NAME } from '../../drivers/helper.ts';
import { POWER_FOLDER_DEFAULT } from '../../drivers/usb/port-power-helper.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { hasSwitch, hubPort } from '../helpers/power/power-helper.ts';
import type { DoctorContext } from './doctor-context.ts';
import { type Finding, found } from './doctor-finding.ts';

const ANSWER_MS = 2000;

/** Where it looks. */
export interface PowerPlaces {
  readonly root: string;
  readonly socket: string;
}

/** What of a doctor's context it needs. */
export interface PowerContext extends Pick<DoctorContext, 'clock' | 'signal'> {
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
