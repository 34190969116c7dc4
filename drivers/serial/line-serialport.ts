// The line port over serialport 13. What that library leaves open is closed here: a device that is pulled while it sends gives no event and
// its read loop spins (seen in 10 of 10 rounds), a write on a closed port never calls back, and one that waits is delivered at the next open.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { LINE_GONE_MS, LINE_WRITE_MS, type Line, type LineSettings, type OpenLine } from './line.ts';

const OPEN_MS = 5000;
/** The device node is looked at three times before LINE_GONE_MS is over. */
const LOOK_MS = LINE_GONE_MS / 3;

/** What is used of a port of the library; `SerialPort` and `SerialPortMock` both fit. */
export interface PortLike {
  readonly isOpen: boolean;
  open(done: (error: Error | null) => void): void;
  write(bytes: Uint8Array, done: (error: Error | null | undefined) => void): boolean;
  close(done: (error: Error | null) => void): void;
  on(event: 'data', handler: (bytes: Buffer) => void): unknown;
  on(event: 'error' | 'close', handler: (error?: Error | null) => void): unknown;
  removeAllListeners(): unknown;
}

export interface SerialLineOptions {
  readonly clock: Clock;
  /** Makes a port that is not open yet. */
  readonly makePort: (settings: LineSettings) => PortLike;
  /** Another text when another device lies at the path, undefined when none does. */
  readonly deviceAt: (path: string) => Promise<string | undefined>;
}

/** Opens lines; see OpenLine. */
export function serialLines(options: SerialLineOptions): OpenLine {
  return async (settings, signal) => {
    signal.throwIfAborted();
    const device = await options.deviceAt(settings.path);
    if (device === undefined) throw gone('no device is at the serial port');
    const line = new SerialLine(options, settings, device);
    await line.open(signal);
    return line;
  };
}

class SerialLine implements Line {
  readonly #options: SerialLineOptions;
  readonly #settings: LineSettings;
  readonly #device: string;
  readonly #port: PortLike;
  #onBytes: (bytes: Uint8Array) => void = () => undefined;
  #onGone: (error: Error) => void = () => undefined;
  #ended: Error | undefined;
  #closing: Promise<void> | undefined;
  /** Ends the wait of a write when the line ends. */
  readonly #ending = new AbortController();
  #cancelLook: () => void = () => undefined;

  constructor(options: SerialLineOptions, settings: LineSettings, device: string) {
    this.#options = options;
    this.#settings = settings;
    this.#device = device;
    this.#port = options.makePort(settings);
  }

  /** Called once. Errors: as OpenLine. */
  async open(signal: AbortSignal): Promise<void> {
    const opened = new Promise<void>((resolve, reject) =>
      this.#port.open((error) => (error === null ? resolve() : reject(error))),
    );
    try {
      await this.#within(opened, OPEN_MS, signal);
    } catch (error) {
      this.#ended = gone('the serial port did not open', error);
      await this.close();
      // One that opens after all is dropped at once: it would stay locked for the camera that comes next.
      void opened.then(
        () => this.#port.close(() => undefined),
        () => undefined,
      );
      signal.throwIfAborted();
      throw refusedOpening(error);
    }
    this.#port.on('data', (bytes) => {
      if (this.#ended === undefined) this.#onBytes(bytes);
    });
    this.#port.on('error', (error) => this.#end(gone('the serial port failed', error)));
    this.#port.on('close', (error) => this.#end(gone('the serial device was pulled', error)));
    this.#look();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    if (!this.#port.isOpen) throw gone('the serial port is closed');
    const written = new Promise<void>((resolve, reject) => {
      this.#port.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
    try {
      await this.#within(written, LINE_WRITE_MS, this.#ending.signal);
    } catch (error) {
      const isLate = isDockError(error, 'driver.timeout');
      this.#end(isLate ? stuck(bytes.length, error) : gone('the serial port failed', error));
      throw this.#ended ?? error;
    }
  }

  onBytes(handler: (bytes: Uint8Array) => void): void {
    this.#onBytes = handler;
  }

  onGone(handler: (error: Error) => void): void {
    this.#onGone = handler;
    if (this.#ended !== undefined) handler(this.#ended);
  }

  close(): Promise<void> {
    this.#onGone = () => undefined;
    this.#end(gone('the serial port was closed'));
    return this.#closing ?? Promise.resolve();
  }

  #end(error: DockError): void {
    if (this.#closing !== undefined) return;
    this.#ended ??= error;
    this.#cancelLook();
    this.#closing = this.#closePort();
    this.#ending.abort(this.#ended);
    this.#onGone(this.#ended);
  }

  /** Lets the port go: without listeners, so that nothing of it is heard any more, with one that swallows what it still throws. */
  async #closePort(): Promise<void> {
    this.#port.removeAllListeners();
    this.#port.on('error', () => undefined);
    if (!this.#port.isOpen) return;
    const closed = new Promise<void>((resolve) => this.#port.close(() => resolve()));
    await this.#within(closed, LINE_WRITE_MS, new AbortController().signal).catch(() => undefined);
  }

  /** Looks at the device node: the one event that never fails to come. */
  #look(): void {
    this.#cancelLook = this.#options.clock.after(LOOK_MS, () => {
      void this.#options.deviceAt(this.#settings.path).then(
        (device) =>
          device === this.#device ? this.#lookAgain() : this.#end(gone('the serial device was pulled')),
        () => this.#lookAgain(),
      );
    });
  }

  #lookAgain(): void {
    if (this.#ended === undefined) this.#look();
  }

  /** Called with every write, so it makes no more than it needs. Errors: those of the work; "driver.timeout"; the signal's reason. */
  #within<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => end(() => reject(signal.reason as Error));
      const cancel = this.#options.clock.after(ms, () => end(() => reject(tooLate(ms))));
      const end = (settle: () => void): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        settle();
      };
      work.then(
        (value) => end(() => resolve(value)),
        (error: unknown) => end(() => reject(error)),
      );
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function tooLate(ms: number): DockError {
  return new DockError('driver.timeout', `the serial port did not answer within ${ms} ms`, {
    retry: 'later',
  });
}

function gone(words: string, cause?: unknown): DockError {
  return new DockError('driver.detached', `${words}; the camera is read again when it is put back`, {
    retry: 'later',
    cause,
  });
}

function stuck(bytes: number, cause: unknown): DockError {
  return new DockError(
    'driver.timeout',
    `the serial port did not take ${bytes} bytes within ${LINE_WRITE_MS} ms`,
    {
      retry: 'later',
      cause,
    },
  );
}

/** serialport tells the system's words in its message only. */
function refusedOpening(cause: unknown): DockError {
  const said = cause instanceof Error ? cause.message : '';
  if (/no such (?:file|device)|ENOENT|ENXIO|ENODEV/i.test(said))
    return gone('no device is at the serial port', cause);
  const port = /permission|EACCES/i.test(said)
    ? 'no-access'
    : /lock|busy|EBUSY/i.test(said)
      ? 'in-use'
      : 'not-opened';
  const message = `the serial port cannot be opened: ${HELP[port]}`;
  return new DockError('driver.refused', message, { retry: 'person', cause, facts: { port } });
}

const HELP = {
  'no-access':
    'the agent may not open it: its user must be in the group that owns the port (on Debian: dialout)',
  'in-use': 'another program holds it: stop that program (often ModemManager or a terminal)',
  'not-opened': 'check the adapter and its speed',
} as const;
