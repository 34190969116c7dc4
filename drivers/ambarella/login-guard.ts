// Keeps a camera from being locked by our own attempts to log in. In memory: a new start of the agent begins again.
//
// Invariants:
// 1. A password that was sent and not accepted counts as refused, whatever came of it: a refusal, silence, or a camera that left.
// 2. In one stay of a device a password that was not accepted is not sent again.
// 3. After LOGIN_REFUSALS_MAX refusals in a row nothing is sent on that port, whatever is plugged into it, until the password of the
//    configuration is another one. An accepted password sets the count back.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { UsbDeviceFacts } from '../usb/device.ts';
import { asciiBytes } from './dialect.ts';

/** Cameras that lock do so after three to five wrong passwords. */
export const LOGIN_REFUSALS_MAX = 3;

/** What is counted on one port. */
interface LoginCount {
  /** Digest of the password that the count is about. */
  readonly password: string;
  refusals: number;
  /** Bus and address of the device that did not accept it last. */
  refusedBy: string | undefined;
}

/** By port. Kept for the life of the process: a configuration that is taken over makes a new guard over the same counts. */
export type LoginCounts = Map<string, LoginCount>;

/** Told when the attempts on a port stop, and when they may go on. Either may come any number of times. */
export interface LockListener {
  readonly onLocked: (portPath: string, refusals: number) => void;
  readonly onFree: (portPath: string) => void;
}

/** One log-in to one device. */
export interface LoginAttempt {
  /** Call before the first byte of the password goes out; further calls count once. */
  sending(): void;
  accepted(): void;
  /** True once attempts on this port are stopped; the listener is told. */
  isLocked(): boolean;
}

/** Counts for all ports. */
export class LoginGuard {
  readonly #listener: LockListener;
  readonly #ports: LoginCounts;

  constructor(listener: LockListener, counts: LoginCounts = new Map()) {
    this.#listener = listener;
    this.#ports = counts;
  }

  /** Errors: "driver.locked-out"; "driver.password-refused" where this device did not accept this password already. */
  begin(device: UsbDeviceFacts, password: string): LoginAttempt {
    const { portPath } = device;
    const port = this.#portOf(portPath, sha256Hex(asciiBytes(password)));
    const stay = `${device.bus}.${device.address}`;
    if (this.#isLocked(portPath, port)) throw lockedOut(portPath);
    if (port.refusedBy === stay) throw refused(portPath);
    return {
      sending: () => {
        if (port.refusedBy === stay) return;
        port.refusedBy = stay;
        port.refusals++;
      },
      accepted: () => {
        port.refusals = 0;
        port.refusedBy = undefined;
        this.#listener.onFree(portPath);
      },
      isLocked: () => this.#isLocked(portPath, port),
    };
  }

  #portOf(portPath: string, password: string): LoginCount {
    const known = this.#ports.get(portPath);
    if (known?.password === password) return known;
    if (known !== undefined) this.#listener.onFree(portPath);
    const port: LoginCount = { password, refusals: 0, refusedBy: undefined };
    this.#ports.set(portPath, port);
    return port;
  }

  #isLocked(portPath: string, { refusals }: LoginCount): boolean {
    if (refusals < LOGIN_REFUSALS_MAX) return false;
    this.#listener.onLocked(portPath, refusals);
    return true;
  }
}

/** The camera took the password for wrong. */
export function refused(portPath: string): DockError {
  const words = `the camera on USB port ${portPath} did not accept the password of its configuration, it is not sent to it again: check password_file`;
  return new DockError('driver.password-refused', words, { retry: 'person' });
}

/** Nothing is sent any more. */
export function lockedOut(portPath: string): DockError {
  const words = `cameras on USB port ${portPath} did not accept the password ${LOGIN_REFUSALS_MAX} times in a row, no more is tried lest they lock: put the right one into password_file, or start the agent anew once the camera takes it`;
  return new DockError('driver.locked-out', words, {
    retry: 'person',
    facts: { refusals: LOGIN_REFUSALS_MAX },
  });
}
