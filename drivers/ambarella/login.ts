// Finds out which of the three dialects a camera speaks, and logs in. The USB id is the same for all of them.
//
// Invariants:
// 1. Asked in the order A, B, C; the first sane answer decides, be it a refusal.
// 2. Nothing but the question without a password goes to a camera before it was answered, where the dialect has one.
// 3. A password goes to a camera at most once in each dialect.
import { DockError } from '../../protocol/format/errors.ts';
import type { UsbOpened } from '../usb/device.ts';
import { dialectA } from './dialect-a.ts';
import { dialectB } from './dialect-b.ts';
import { dialectC } from './dialect-c.ts';
import type { Dialect, Told } from './dialect.ts';
import { lockedOut, type LoginAttempt, refused } from './login-guard.ts';

const DIALECTS: readonly Dialect[] = [dialectA, dialectB, dialectC];

/** What a login stands on. */
export interface LoginParts {
  readonly portPath: string;
  readonly line: UsbOpened;
  readonly password: string;
  readonly attempt: LoginAttempt;
}

/** A camera that let us in: how it speaks and what it said. */
export interface LoggedIn {
  readonly dialect: Dialect;
  readonly told: Told;
}

/**
 * Errors: "driver.password-refused", "driver.locked-out" with the last refusal; "driver.password-unfit" where the camera's dialect cannot
 * carry this password; "driver.protocol" where it answers in none of them; "driver.detached"; the signal's reason.
 */
export async function logIn(parts: LoginParts, signal: AbortSignal): Promise<LoggedIn> {
  const { line, password, attempt } = parts;
  const dialect = await understood(parts, signal).catch((error: unknown) => {
    throw attempt.isLocked() ? lockedOut(parts.portPath) : error;
  });
  attempt.accepted();
  const told = await dialect.tell(line, password, signal);
  // A camera that sends back what it was sent does not make a serial number of its password.
  return { dialect, told: { ...told, serial: told.serial === password ? null : told.serial } };
}

async function understood(
  { portPath, line, password, attempt }: LoginParts,
  signal: AbortSignal,
): Promise<Dialect> {
  const unfit: Dialect[] = [];
  for (const dialect of DIALECTS) {
    if (!dialect.canSpeak(line)) continue;
    const isKnown = await dialect.greet(line, signal);
    if (isKnown === false) continue;
    if (!dialect.fits(password)) {
      if (isKnown === true) throw unfitting(portPath, [dialect]);
      unfit.push(dialect);
      continue;
    }
    attempt.sending();
    const outcome = await dialect.logIn(line, password, signal);
    if (outcome === 'accepted') return dialect;
    if (outcome === 'refused' || isKnown === true) throw refused(portPath);
  }
  throw unfit.length > 0 ? unfitting(portPath, unfit) : unknown(portPath);
}

function unfitting(portPath: string, dialects: readonly Dialect[]): DockError {
  const allowed = dialects.map(({ name, passwords }) => `dialect ${name}: ${passwords}`).join('; ');
  const words = `the password for the camera on USB port ${portPath} does not fit the way it speaks (${allowed}): check password_file`;
  return new DockError('driver.password-unfit', words, { retry: 'person' });
}

function unknown(portPath: string): DockError {
  const words = `the camera on USB port ${portPath} has the id of an Ambarella recorder and answers in none of the three known ways: take it out and put it in again; if that does not help it is of a kind that this version does not know`;
  return new DockError('driver.protocol', words, { retry: 'person' });
}
