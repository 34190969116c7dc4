// `bodydock bays`: what is plugged in where, and which bay that is; `learn` makes the list of bays for station.yaml. Opens no device.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { command, type Io, LANG, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import type { Language } from '../../config/language.ts';
import { loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import type { BayConfig } from '../../config/station-config.ts';
import { steadyPort } from '../../config/usb-buses.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { learnBays, type LearnedBay } from './bays-learn.ts';
import {
  BAYS,
  portsDocument,
  portsText,
  serialPortsSeen,
  systemSerialPorts,
  usbPorts,
} from './bays-ports.ts';

const USB_TABLES = 'bus/usb/devices';

const PORTS = {
  config: {
    type: 'string',
    value: 'FILE',
    text: `the station's file (default: ${STATION_FILE_DEFAULT}); bays on a port that it names keep their ids and cameras`,
  },
  lang: LANG,
  sys: { type: 'string', value: 'DIR', default: '/sys', text: "where the kernel's tables are" },
} as const;
const JSON_TEXT = 'one JSON document on standard output; what is said goes to standard error';

/** Errors: "usage", the system's. */
export const listBays = command(
  {
    name: 'bodydock bays',
    usage: ['[--config FILE] [--lang en|de] [--json]'],
    about: `
Lists the USB and serial ports of this machine: what is there, which bay it is, and which driver would open it or why it would be refused.
Opens no device, and may run beside the agent.
`,
    options: PORTS,
    json: JSON_TEXT,
    exits: '0 good, 2 usage.',
  },
  async ({ values: { config, sys }, json, language }, io) => {
    const { known, ...wish } = await lookAround({ file: config, language, sys, json }, io);
    return list(wish, known, io);
  },
);

/** Errors: "usage", "bays.out-exists", the system's. */
export const learnBaysCommand = command(
  {
    name: 'bodydock bays learn',
    usage: ['[--config FILE] [--out FILE] [--lang en|de] [--json]'],
    about: `
For a new dock: put a camera into one bay after the other, and it prints the list of bays for station.yaml. Opens no device, and may run
beside the agent.
`,
    options: { ...PORTS, out: { type: 'string', value: 'FILE', text: 'write the list to a new file, too' } },
    json: JSON_TEXT,
    exits: '0 good, 1 no bay was learned, 2 usage.',
  },
  async ({ values: { config, sys, out }, json, language }, io) => {
    const { known, ...wish } = await lookAround({ file: config, language, sys, json }, io);
    return learn({ ...wish, out }, known, io);
  },
);

async function lookAround(
  { file, language, sys, json }: { file: string | undefined; language: Language; sys: string; json: boolean },
  io: Io,
): Promise<Wish & { readonly known: readonly BayConfig[] }> {
  const usbRoot = join(sys, USB_TABLES);
  const known = await knownBays({ file, language, usbRoot }, io);
  const devices = sysfsDevices(usbRoot, () => known.flatMap(({ usbPort }) => usbPort ?? []));
  return { file, language, usbRoot, devices, json, known };
}

interface Wish {
  readonly file: string | undefined;
  readonly language: Language;
  readonly usbRoot: string;
  readonly devices: ReturnType<typeof sysfsDevices>;
  readonly json: boolean;
}

/** Bays of the file; none where there is none yet, or where it is not good: whoever writes it needs this command for that. */
async function knownBays(
  { file, language, usbRoot }: Pick<Wish, 'file' | 'language' | 'usbRoot'>,
  io: Io,
): Promise<readonly BayConfig[]> {
  const path = file ?? STATION_FILE_DEFAULT;
  const isThere = await stat(path).then(
    () => true,
    (error: unknown) => systemCode(error) !== 'ENOENT',
  );
  if (!isThere) {
    io.err(`${BAYS[language]('noFile', { file: path })}\n`);
    return [];
  }
  const loaded = await loadStationConfig(path, usbRoot);
  if (loaded.kind !== 'refused') return loaded.config.bays;
  io.err(`${BAYS[language]('badFile', { file: path })}\n`);
  return [];
}

async function list(
  { devices, usbRoot, language, json }: Wish,
  known: readonly BayConfig[],
  io: Io,
): Promise<number> {
  const steady = (port: string): string | null => steadyPort(port, usbRoot) ?? null;
  const usb = await usbPorts(devices, known, io.signal, steady);
  const serial = await serialPortsSeen(systemSerialPorts, known);
  if (json) writeJson(io, portsDocument(usb, serial));
  else io.out(portsText(usb, serial, BAYS[language]));
  return EXIT_GOOD;
}

async function learn(
  wish: Wish & { readonly out: string | undefined },
  known: readonly BayConfig[],
  io: Io,
): Promise<number> {
  const words = BAYS[wish.language];
  const say = (text: string): void => io.err(`${text}\n`);
  const { finish, stop } = entered(io.signal);
  const learned = await learnBays({ ...wish, known, words, say, clock: nodeClock(), finish }).finally(stop);
  if (learned.length === 0) {
    say(words('none'));
    if (wish.json) writeJson(io, { bays: [] });
    return EXIT_FAILURE;
  }
  say(words('done', { count: learned.length }));
  const fields = learned.map((bay) => bayFields(bay, wish.usbRoot));
  const text = stringify({ bays: fields });
  if (wish.json) writeJson(io, { bays: fields });
  else io.out(text);
  if (wish.out !== undefined) {
    await writeNew(wish.out, text);
    say(words('written', { file: wish.out }));
  }
  const left = known.filter(({ id }) => learned.every((bay) => bay.id !== id)).map(({ id }) => id);
  if (left.length > 0) say(words('left', { bays: left.join(', ') }));
  return EXIT_GOOD;
}

/** By the name that stays, where there is one. */
function bayFields({ id, usbPort, camera }: LearnedBay, usbRoot: string): object {
  return { id, usb_port: steadyPort(usbPort, usbRoot) ?? usbPort, ...(camera !== null && { camera }) };
}

/** Never over a file that is there: it may be the station's. Errors: "bays.out-exists", the system's. */
async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new DockError('bays.out-exists', `${path} is there already: name a new file`, { retry: 'person' });
  });
}

/** Aborted by an empty line, by the end of standard input, or with the signal. */
function entered(signal: AbortSignal): { finish: AbortSignal; stop: () => void } {
  const done = new AbortController();
  const lines = createInterface({ input: process.stdin });
  const end = (): void => done.abort(new Error('ended at the terminal'));
  lines.once('line', end);
  lines.once('close', end);
  return {
    finish: AbortSignal.any([signal, done.signal]),
    stop: () => {
      lines.close();
      process.stdin.pause();
    },
  };
}
