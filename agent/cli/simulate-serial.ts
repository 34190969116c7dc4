// `bodydock simulate serial`: a camera on a pseudo terminal until SIGTERM or SIGINT. Any program that speaks SMP can talk to it.
import { command, usageError, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import {
  openSerialSimulation,
  type SerialSimulationWish,
} from '../../drivers/simulated/serial-simulation.ts';
import { parseSmpFault, SMP_FAULTS, type SmpFaults } from '../../drivers/simulated/smp-camera-line.ts';
import { nodeClock } from '../platform/clock-node.ts';

const FAULT_ROWS = Object.entries(SMP_FAULTS).map(([name, words]) => `  ${name}  ${words}`);

/** Exit code when it ended. Errors: "usage", "simulated.*". */
export const simulateSerial = command(
  {
    name: 'bodydock simulate serial',
    usage: ['--link PATH [OPTION...]'],
    about: `
A body camera on a pseudo terminal, as SPEC chapter 11 describes it: SMP groups 0, 8 and 66. Runs until SIGTERM or SIGINT (Ctrl-C) and takes
its link away then. Wants socat.
`,
    options: {
      link: {
        type: 'string',
        value: 'PATH',
        text: 'where the serial port appears: a symbolic link, at a path that is free; for a station below /dev (as root), such as /dev/serial-camera-1: serial_path of station.yaml takes no other',
      },
      dir: {
        type: 'string',
        value: 'FOLDER',
        text: 'the camera holds the files of this folder (default: two short clips with sidecars, in memory)',
      },
      erase: {
        type: 'boolean',
        text: 'a station may erase the files of FOLDER; without it the camera refuses',
      },
      framing: { type: 'string', value: 'NAME', text: 'console (default) or raw' },
      baud: {
        type: 'string',
        value: 'N',
        text: 'answers as slowly as a line of N bits per second carries them (default: as fast as it can)',
      },
      'smp-version': {
        type: 'string',
        value: 'N',
        text: '1 or 2 (default): the highest version of SMP that it knows',
      },
      'buf-size': {
        type: 'string',
        value: 'N',
        text: 'bytes of its largest packet, 128 to 8200 (default 2048)',
      },
      'buf-count': {
        type: 'string',
        value: 'N',
        text: 'requests that it takes at a time, 1 to 32 (default 4)',
      },
      without: {
        type: 'string',
        value: 'G/C',
        multiple: true,
        text: 'does not know command C of group G, such as 8/1; may be given several times',
      },
      serial: { type: 'string', value: 'TEXT', text: 'the serial number that it tells (default SIM-0001)' },
      clock: {
        type: 'string',
        value: 'TIME',
        text: 'what its clock shows at first, RFC 3339 (default: the time of this machine, in UTC)',
      },
      fault: {
        type: 'string',
        value: 'NAME[=N]',
        multiple: true,
        text: 'misbehaves as named below; may be given several times. N is 1 unless named',
      },
    },
    json: 'one JSON document when it is ready',
    notes: `Faults:\n${FAULT_ROWS.join('\n')}`,
  },
  async (line, io) => {
    const { values } = line;
    if (values.link === undefined) throw usageError('`simulate serial` wants --link PATH');
    if (values.erase === true && values.dir === undefined)
      throw usageError('--erase goes with --dir FOLDER: what is in memory may always be erased');
    const version = numberOf('--smp-version', values['smp-version'], [1, 2]) ?? 2;
    const clock = nodeClock();
    const wish: SerialSimulationWish = {
      link: values.link,
      folder: values.dir,
      mayErase: values.dir === undefined || values.erase === true,
      framing: framingOf(values.framing),
      baud: numberOf('--baud', values.baud, [300, 12_000_000]),
      version: version === 1 ? 0 : 1,
      bufSize: numberOf('--buf-size', values['buf-size'], [128, 8200]),
      bufCount: numberOf('--buf-count', values['buf-count'], [1, 32]),
      without: commandsOf(values.without ?? []),
      serial: textOf('--serial', values.serial),
      shownMs: timeOf(values.clock) ?? clock.wallMs(),
      faults: faultsOf(values.fault ?? []),
    };
    const simulation = await openSerialSimulation(wish, clock, io.signal);
    if (line.json) writeJson(io, { link: wish.link, files: simulation.files, framing: wish.framing });
    else
      io.out(
        `A simulated camera with ${simulation.files} files answers at ${wish.link} (${wish.framing} framing).\n`,
      );
    process.send?.({ ready: true });
    const end = await simulation.ended;
    if (process.connected) process.disconnect();
    if (end === 'asked') return EXIT_GOOD;
    io.err('bodydock: the pseudo terminal was taken away (socat ended)\n');
    return EXIT_FAILURE;
  },
);

function framingOf(text = 'console'): 'console' | 'raw' {
  if (text === 'console' || text === 'raw') return text;
  throw usageError(`--framing is console or raw, not ${JSON.stringify(text)}`);
}

function numberOf(
  option: string,
  text: string | undefined,
  [min, max]: readonly [number, number],
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw usageError(`${option} is a number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}

function textOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined || (text.length > 0 && text.length <= 128)) return text;
  throw usageError(`${option} is a text of 1 to 128 characters`);
}

function commandsOf(texts: readonly string[]): readonly string[] {
  for (const text of texts)
    if (!/^\d{1,5}\/\d{1,3}$/.test(text))
      throw usageError(`--without is group/command such as 8/1, not ${JSON.stringify(text)}`);
  return texts;
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(ms)) return ms;
  throw usageError(`--clock is a time such as 2026-11-25T08:00:00Z, not ${JSON.stringify(text)}`);
}

function faultsOf(texts: readonly string[]): SmpFaults {
  const faults = texts.map((text) => {
    const fault = parseSmpFault(text);
    if (fault === undefined) throw usageError(`--fault ${JSON.stringify(text)} is none; --help names them`);
    return fault;
  });
  return Object.fromEntries(faults);
}
