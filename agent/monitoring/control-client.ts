// Asks the agent that works on a spool what it says of itself; says in one word why there is no answer.
import { connect } from 'node:net';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { isSpoolLocked } from '../spool/lock.ts';
import {
  CONTROL_ANSWER_BYTES_MAX,
  controlSocketPath,
  parseAnswer,
  STATUS_REQUEST,
  type StationSays,
} from './control-protocol.ts';

const ANSWER_MS = 8000;

/**
 * `absent`: no agent runs. `busy`: one holds the spool and does not listen: it starts, stops, or could not open its socket.
 * `denied`: this user may not ask. `silent`: no answer in time, or none that can be read.
 */
export type Asked<Says = StationSays> =
  | { readonly kind: 'answered'; readonly says: Says }
  | { readonly kind: 'absent' | 'busy' | 'denied' | 'silent' };

/** Errors: "control.path-length"; the signal's reason. */
export async function askAgent(
  spoolPath: string,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
): Promise<Asked> {
  const isHeld = (): Promise<boolean> => isSpoolLocked(spoolPath);
  return askOver({ path: controlSocketPath(spoolPath), parse: parseAnswer, isHeld, clock }, signal);
}

/** The same of whoever listens at a path. `isHeld`: a program of that place runs. Errors: the signal's reason; those of isHeld. */
export async function askOver<Says>(
  {
    path,
    parse,
    isHeld,
    clock,
  }: {
    readonly path: string;
    readonly parse: (text: string) => Says;
    readonly isHeld: () => Promise<boolean>;
    readonly clock: Pick<Clock, 'after'>;
  },
  signal: AbortSignal,
): Promise<Asked<Says>> {
  signal.throwIfAborted();
  try {
    return { kind: 'answered', says: parse(await exchange(path, clock, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    const code = systemCode(error) ?? '';
    if (/^(?:ENOENT|ENOTDIR|ECONNREFUSED)$/.test(code)) return { kind: (await isHeld()) ? 'busy' : 'absent' };
    return { kind: /^(?:EACCES|EPERM)$/.test(code) ? 'denied' : 'silent' };
  }
}

/** All that comes until the end. Errors: "control.silent", "control.oversize", the system's, the signal's reason. */
function exchange(path: string, clock: Pick<Clock, 'after'>, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const pieces: Buffer[] = [];
    let bytes = 0;
    const settle = (outcome: () => void): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      outcome();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void => fail(signal.reason as Error);
    const cancel = clock.after(ANSWER_MS, () =>
      fail(
        new DockError('control.silent', `the agent did not answer within ${ANSWER_MS} ms`, {
          retry: 'later',
        }),
      ),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', fail);
    socket.on('connect', () => socket.write(STATUS_REQUEST));
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > CONTROL_ANSWER_BYTES_MAX)
        fail(new DockError('control.oversize', 'the answer of the agent has no end', { retry: 'later' }));
    });
    socket.on('end', () => settle(() => resolve(Buffer.concat(pieces).toString('utf8'))));
    socket.on('close', () =>
      fail(new DockError('control.silent', 'the agent hung up without an answer', { retry: 'later' })),
    );
  });
}
