// `bodydock record-camera`: records what one camera says into a file that can be sent to whoever maintains the drivers, and becomes a test there.
import { lstat, writeFile } from 'node:fs/promises';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import { printable } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import { kernelPort } from '../../config/usb-buses.ts';
import type { Place } from '../../drivers/driver.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { DockError, isDockError, systemCode } from '../../protocol/format/errors.ts';
import { nodeClock } from '../platform/clock-node.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { recordCamera, type RecordPorts } from './record-camera/record.ts';
import { recordedText, type RecordedResult } from './record-camera/recorded-file.ts';
import { command, usageError, writeJson, LANG } from '../../config/command-line.ts';
import { RECORD_CAMERA_DE } from '../../config/texts/de/record-camera.ts';
import { RECORD_CAMERA_EN } from '../../config/texts/en/record-camera.ts';
import { texts, type Say } from '../../config/texts.ts';

const RECORD_CAMERA = texts(RECORD_CAMERA_EN, RECORD_CAMERA_DE);
type RecordCameraWords = Say<typeof RECORD_CAMERA_EN>;
const STEPS = ['open', 'identity', 'clock', 'condition', 'listing'] as const;
const isStep = (step: string): step is (typeof STEPS)[number] => STEPS.some((each) => each === step);
/** Lines on what is left out of the file. */
const LEFT_OUT = ['leftOut.0', 'leftOut.1', 'leftOut.2', 'leftOut.3', 'leftOut.4'] as const;

type Values = Readonly<
  Record<'bay' | 'usb' | 'port' | 'folder' | 'baud' | 'framing' | 'config', string | undefined>
>;

/** Exit code. Errors: "usage", "config.refused", "record-camera.*", those of the drivers. */
export const recordCameraCommand = command(
  {
    name: 'bodydock record-camera',
    usage: [
      '--bay BAY --out FILE [OPTION...]',
      '--usb PORT --out FILE [OPTION...]',
      '--port PATH --out FILE [OPTION...]',
      '--folder DIR --out FILE [OPTION...]',
    ],
    about: `
Records what a camera says when a docking begins: who it is, its clock, its condition and its list of files, question by question with the time
that each answer took. The file can be sent to whoever maintains this program: a camera that is not understood becomes a test there. No file of
the camera is read, and nothing on it is changed. Names of files and cards, serial numbers and every text that a person could have written are
replaced by their shape; all times are moved by the same number of days. The command says in the end what was left out; look at the file
before you send it.

The agent must not have the camera meanwhile: stop it (systemctl stop bodydock), record, start it again. A folder may be recorded beside it.
`,
    options: {
      bay: { type: 'string', value: 'BAY', text: "the camera in this bay of the station's file" },
      usb: {
        type: 'string',
        value: 'PORT',
        text: `a camera with PTP or MTP at this USB port, as \`bodydock bays\` shows it`,
      },
      port: { type: 'string', value: 'PATH', text: 'a camera at this serial port' },
      folder: { type: 'string', value: 'DIR', text: 'a mounted card, disk or folder' },
      out: { type: 'string', value: 'FILE', text: 'a new file, JSON Lines' },
      baud: { type: 'string', value: 'N', text: 'speed of the serial port (default 115200)' },
      framing: { type: 'string', value: 'NAME', text: 'console (default) or raw, of the serial port' },
      config: {
        type: 'string',
        value: 'FILE',
        text: `the station's file (default: ${STATION_FILE_DEFAULT}), for --bay`,
      },
      lang: LANG,
    },
    json: 'one JSON document on standard output; what is said goes to standard error',
    exits: "0 recorded, 1 the camera could not be opened, 2 usage, 78 the station's file is not good.",
  },
  async (line, io) => {
    const { values, json } = line;
    const words = RECORD_CAMERA[line.language];
    if (values.out === undefined) throw usageError('`record-camera` wants --out FILE, a new file');
    await assertNew(values.out);
    const place = await placeOf(values);
    const say = (text: string): void => (json ? io.err(`${text}\n`) : io.out(`${text}\n`));
    const clock = nodeClock();
    let recording;
    try {
      recording = await recordCamera(place, systemPorts(clock, place), await readVersion(), io.signal);
    } catch (error) {
      if (isDockError(error, 'driver.refused') && place.kind !== 'folder') io.err(`${words('stopAgent')}\n`);
      throw error;
    }
    const { head, lines, result } = recording;
    await writeNew(values.out, recordedText(head, lines, result));
    for (const text of [
      words('written', { file: values.out, lines: lines.length + 2 }),
      ...LEFT_OUT.map((key) => words(key)),
      words('kept'),
      words('look'),
    ])
      say(text);
    say('');
    say(words('made'));
    for (const text of madeOf(result, words)) say(`  ${printable(text)}`);
    if (json) writeJson(io, { out: values.out, lines: lines.length + 2, result });
    return 'open' in result.failed ? EXIT_FAILURE : EXIT_GOOD;
  },
);

/** Native code is loaded only for what is opened. */
function systemPorts(clock: Clock, place: Place): RecordPorts {
  const devices = sysfsDevices(undefined, () => (place.kind === 'usb' ? [place.path] : []));
  return {
    clock,
    devices,
    openUsb: async (device, interfaceNumber, signal) => {
      const { UsbBudget } = await import('../../drivers/usb/transfer-limits.ts');
      const { libusbTransports } = await import('../../drivers/usb/libusb-open.ts');
      return libusbTransports({ clock, devices, budget: new UsbBudget() })(device, interfaceNumber, signal);
    },
    openLine: async (settings, signal) => {
      const { systemLines } = await import('../../drivers/serial/serial-port.ts');
      return systemLines(clock)(settings, signal);
    },
  };
}

/** Errors: "usage", "config.refused". */
async function placeOf(values: Values): Promise<Place> {
  const given = (['bay', 'usb', 'port', 'folder'] as const).filter((name) => values[name] !== undefined);
  if (given.length !== 1) throw usageError('`record-camera` wants one of --bay, --usb, --port and --folder');
  const framing = values.framing ?? 'console';
  if (framing !== 'console' && framing !== 'raw')
    throw usageError(`--framing is console or raw, not ${JSON.stringify(framing)}`);
  const baud = values.baud ?? '115200';
  if (!/^[1-9]\d{2,7}$/.test(baud))
    throw usageError(`--baud is a number of bits per second, not ${JSON.stringify(baud)}`);
  if (values.port === undefined && (values.baud ?? values.framing) !== undefined)
    throw usageError('--baud and --framing go with --port');
  if (values.bay !== undefined) return placeOfBay(values.bay, values.config);
  if (values.usb !== undefined) return { kind: 'usb', path: kernelPort(values.usb) };
  if (values.port !== undefined) return { kind: 'serial', path: values.port, baud: Number(baud), framing };
  return { kind: 'folder', path: values.folder ?? '' };
}

/** Errors: "usage", "config.refused". */
async function placeOfBay(id: string, file = STATION_FILE_DEFAULT): Promise<Place> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused')
    throw new DockError('config.refused', `${file} is not good: \`bodydock check\` says why`, {
      retry: 'person',
    });
  const bay = loaded.config.bays.find((each) => each.id === id);
  if (bay === undefined) throw usageError(`${file} has no bay ${JSON.stringify(id)}`);
  const { usbPort, serial, folder } = bay;
  const places: Place[] = [];
  if (usbPort !== null) places.push({ kind: 'usb', path: usbPort });
  if (serial !== null) places.push({ kind: 'serial', ...serial });
  if (folder !== null) places.push({ kind: 'folder', path: folder });
  const [place, second] = places;
  if (place !== undefined && second === undefined) return place;
  throw usageError(`bay ${id} is in two places: name one of them with --usb, --port or --folder`);
}

function madeOf(
  { identity, clock, condition, listing, failed }: RecordedResult,
  words: RecordCameraWords,
): string[] {
  const { vendor, model, firmware } = identity ?? { vendor: null, model: null, firmware: null };
  const battery = condition?.['batteryPercent'] ?? null;
  const missing = [
    ...(clock === null ? [words('step.clock')] : []),
    ...(condition === null ? [words('step.condition')] : []),
  ];
  return [
    [vendor, model, firmware].filter((text) => text !== null).join(', '),
    clock === null ? '' : words('clock', { ms: clock.resolution_ms }),
    typeof battery === 'number' ? words('battery', { percent: battery }) : '',
    listing === null ? '' : words('files', { count: listing.files }),
    listing === null || listing.problems.length === 0
      ? ''
      : words('problems', { problems: listing.problems.join(', ') }),
    missing.length === 0 ? '' : words('notTold', { what: missing.join(', ') }),
    ...Object.entries(failed).map(([step, code]) =>
      words('failed', { step: isStep(step) ? words(`step.${step}`) : step, code }),
    ),
  ].filter((text) => text !== '');
}

/** Looked at before the camera is asked for minutes. Errors: "record-camera.out-exists". */
async function assertNew(path: string): Promise<void> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw outExists(path);
}

/** Errors: "record-camera.out-exists", the system's. */
async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    throw systemCode(error) === 'EEXIST' ? outExists(path) : error;
  });
}

function outExists(path: string): DockError {
  return new DockError('record-camera.out-exists', `${path} is there already: name a new file`, {
    retry: 'person',
  });
}
