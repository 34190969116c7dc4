// Driver for cameras that speak SMP on a serial line (SPEC 11): opens the line, gets in step with the camera, and learns what it takes.
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import type { CameraSession, Driver, Place } from '../../driver.ts';
import type { OpenLine } from '../line.ts';
import { SmpClient } from './client.ts';
import { SmpCommands } from './commands.ts';
import { PLACES_MAX } from './exchange.ts';
import { consoleFraming, rawFraming } from './framing.ts';
import { RC_NOT_SUPPORTED, RC_TOO_NEW, rcOf, SMP_PACKET_BYTES_MAX } from './packet.ts';
import { HELLO, SmpSession } from './session.ts';

export interface SmpDriverOptions {
  readonly openLine: OpenLine;
  readonly clock: Clock;
  /** True where the port is the camera's own, as all are unless told: on any other one silence says that nobody is there. */
  readonly isCameraPort?: (path: string) => Promise<boolean>;
  /** Undefined where no device lies at the path. Without it a port counts as there until it is opened. */
  readonly deviceAt?: (path: string) => Promise<string | undefined>;
}

/** Shape: as Driver; takes places of kind "serial". */
export function smpDriver(options: SmpDriverOptions): Driver {
  return {
    name: 'smp',
    probe: async (place, signal) => {
      signal.throwIfAborted();
      if (place.kind !== 'serial') return false;
      return options.deviceAt === undefined || (await options.deviceAt(place.path)) !== undefined;
    },
    open: (place, signal) => open(options, place, signal),
  };
}

async function open(
  { openLine, clock, isCameraPort = () => Promise.resolve(true) }: SmpDriverOptions,
  place: Place,
  signal: AbortSignal,
): Promise<CameraSession> {
  if (place.kind !== 'serial') throw new DockError('driver.refused', 'not a serial port', { retry: 'never' });
  const line = await openLine({ path: place.path, baud: place.baud }, signal);
  const isRaw = place.framing === 'raw';
  const client = new SmpClient(line, isRaw ? rawFraming : consoleFraming, clock, place.baud);
  try {
    const commands = new SmpCommands(client);
    await greet(client, commands, signal);
    const identity = await commands.identity(signal);
    const parameters = await commands.parameters(signal);
    if (parameters !== undefined) {
      checkBuffer(parameters.bufSize);
      client.buffers = { packetBytes: parameters.bufSize, count: parameters.bufCount };
    }
    const window = Math.min(parameters?.bufCount ?? 1, PLACES_MAX);
    return new SmpSession({ client, commands, window, isChecked: !isRaw, identity, clock });
  } catch (error) {
    const { noiseBytes, damaged } = client.faults;
    await client.close();
    if (!isDockError(error, 'driver.timeout')) throw error;
    if (noiseBytes + damaged > 0) throw notUnderstood(noiseBytes, damaged, error);
    throw (await isCameraPort(place.path)) ? error : silent(error);
  }
}

/** In step with the camera, whatever it was sending: it answers an echo. A camera of SMP v1 says that v2 is too new, or nothing. */
async function greet(client: SmpClient, commands: SmpCommands, signal: AbortSignal): Promise<void> {
  try {
    await commands.echo(HELLO, signal);
  } catch (error) {
    if (rcOf(error) === RC_NOT_SUPPORTED) return;
    if (rcOf(error) !== RC_TOO_NEW && !isDockError(error, 'driver.timeout')) throw error;
    client.version = 0;
    await commands.echo(HELLO, signal);
  }
}

/** A camera whose packets are larger than any that are taken here would not be understood. */
function checkBuffer(bufSize: number): void {
  if (bufSize <= SMP_PACKET_BYTES_MAX) return;
  const words = `the camera announces packets of ${bufSize} bytes, at most ${SMP_PACKET_BYTES_MAX} are taken: build its firmware with smaller buffers`;
  throw new DockError('driver.protocol', words, { retry: 'person' });
}

function silent(cause: unknown): DockError {
  return new DockError('driver.silent', 'nobody answers at the serial port', { retry: 'later', cause });
}

function notUnderstood(noiseBytes: number, damaged: number, cause: unknown): DockError {
  const words = `what comes at the serial port is not understood (${noiseBytes} bytes of noise, ${damaged} damaged packets): check baud and framing`;
  return new DockError('driver.protocol', words, {
    retry: 'person',
    cause,
    facts: { port: 'not-understood' },
  });
}
