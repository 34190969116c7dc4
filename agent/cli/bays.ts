// `bodydock bays`: what is plugged in where, and which bay that is; `learn` makes the list of bays for station.yaml. Opens no device.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stat, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import type { BayConfig } from '../../config/station-config.ts';
import { steadyPort } from '../../config/usb-buses.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { fill } from '../evidence/page/language.ts';
import { learnBays, type LearnedBay } from './bays-learn.ts';
import { LEARN_WORDS } from './bays-learn-words.ts';
import { serialPortsSeen, systemSerialPorts, usbPorts } from './bays-ports.ts';
import { portsDocument, portsText } from './bays-text.ts';
import { BAYS_WORDS } from './bays-words.ts';
import { languageOf, parseCommandLine, refuseOptions, usageError, writeJson, type Io } from './output.ts';

const HELP = `bodydock bays [--config FILE] [--lang en|de] [--json]
bodydock bays learn [--config FILE] [--out FILE] [--lang en|de] [--json]

The first lists the USB and serial ports of this machine: what is there, which bay it is, and which driver would open it or why it would be
refused. The second is for a new dock: put a camera into one bay after the other, and it prints the list of bays for station.yaml. Neither
opens a device, and both may run beside the agent.

  --config FILE   the station's file (default: ${STATION_FILE_DEFAULT}); bays on a port that it names keep their ids and cameras
  --out FILE      write the list to a new file, too
  --lang en|de    language of what is said (default: by LANG)
  --sys DIR       where the kernel's tables are (default: /sys)
  --json          one JSON document on standard output; what is said goes to standard error

Exit codes: 0 good, 1 no bay was learned, 2 usage.
`;
const OPTIONS = {
  config: { type: 'string' },
  out: { type: 'string' },
  lang: { type: 'string' },
  sys: { type: 'string' },
} as const;
const USB_TABLES = 'bus/usb/devices';

/** Runs the command; gives the exit code. Errors: "usage", "bays.out-exists", the system's. */
export async function bays(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(args, io, { help: HELP, options: OPTIONS, wordsMax: 1 });
  if (line === undefined) return EXIT_GOOD;
  const { values, positionals } = line;
  const [verb] = positionals;
  if (verb !== undefined && verb !== 'learn')
    throw usageError(`\`bays\` wants learn or nothing, not ${JSON.stringify(verb)}`);
  if (verb === undefined) refuseOptions(values, ['out'], 'without learn');
  const usbRoot = join(values.sys ?? '/sys', USB_TABLES);
  const { config: file, out } = values;
  const language = languageOf(values.lang);
  const known = await knownBays({ file, language, usbRoot }, io);
  const devices = sysfsDevices(usbRoot, () => known.flatMap(({ usbPort }) => usbPort ?? []));
  const wish = { file, out, language, usbRoot, devices, json: values.json === true };
  return verb === 'learn' ? learn(wish, known, io) : list(wish, known, io);
}

interface Wish {
  readonly file: string | undefined;
  readonly out: string | undefined;
  readonly language: ReturnType<typeof languageOf>;
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
    io.err(`${fill(BAYS_WORDS[language].noFile, path)}\n`);
    return [];
  }
  const loaded = await loadStationConfig(path, usbRoot);
  if (loaded.kind !== 'refused') return loaded.config.bays;
  io.err(`${fill(BAYS_WORDS[language].badFile, path)}\n`);
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
  else io.out(portsText(usb, serial, BAYS_WORDS[language]));
  return EXIT_GOOD;
}

async function learn(wish: Wish, known: readonly BayConfig[], io: Io): Promise<number> {
  const words = { ...BAYS_WORDS[wish.language], ...LEARN_WORDS[wish.language] };
  const say = (text: string): void => io.err(`${text}\n`);
  const { finish, stop } = entered(io.signal);
  const learned = await learnBays({ ...wish, known, words, say, clock: nodeClock(), finish }).finally(stop);
  if (learned.length === 0) {
    say(words.none);
    if (wish.json) writeJson(io, { bays: [] });
    return EXIT_FAILURE;
  }
  say(fill(words.done, learned.length));
  const fields = learned.map((bay) => bayFields(bay, wish.usbRoot));
  const text = stringify({ bays: fields });
  if (wish.json) writeJson(io, { bays: fields });
  else io.out(text);
  if (wish.out !== undefined) {
    await writeNew(wish.out, text);
    say(fill(words.written, wish.out));
  }
  const left = known.filter(({ id }) => learned.every((bay) => bay.id !== id)).map(({ id }) => id);
  if (left.length > 0) say(fill(words.left, left.join(', ')));
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
