// What the agent and a helper that runs as root say to each other, over the helper's Unix socket. One request for each connection: a line of two
// words, a verb and a bay; then one line of JSON back, and the end. No path, port or device can be said. Nothing is kept between two requests.
import { connect } from 'node:net';
import type { z } from 'zod';
import { systemCode } from '../protocol/format/errors.ts';
import { isBayId, type BayId } from '../protocol/format/ids.ts';
import type { Clock } from '../protocol/format/ports.ts';

/** In the helper's folder, which is root's. */
export const HELPER_SOCKET_NAME = 'control.sock';
/** The longest verb, a bay of 32 characters, and the line end. */
export const HELPER_REQUEST_BYTES_MAX = 64;

export interface HelperRequest<Verb extends string> {
  readonly verb: Verb;
  readonly bay: BayId;
}

export function encodeHelperRequest({ verb, bay }: HelperRequest<string>): string {
  return `${verb} ${bay}\n`;
}

/** Shape: one line without its end. Undefined for anything but one of these verbs and a bay; never throws. */
export function parseHelperRequest<Verb extends string>(
  line: string,
  verbs: readonly Verb[],
): HelperRequest<Verb> | undefined {
  const [word, bay, ...more] = line.split(' ');
  const verb = verbs.find((each) => each === word);
  if (verb === undefined || bay === undefined || more.length > 0 || !isBayId(bay)) return undefined;
  return { verb, bay };
}

/** The helper is ours and runs as root; what it says is checked anyway. Undefined for what is no answer. Never throws. */
export function parseHelperAnswer<Answer>(text: string, schema: z.ZodType<Answer>): Answer | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What a system's code says about the helper, for the words; by service. */
const REASONS: Readonly<Record<string, (service: string) => string>> = {
  ENOENT: (service) => `it does not run, see \`systemctl status ${service}\``,
  ECONNREFUSED: (service) => `it does not run, see \`systemctl status ${service}\``,
  EACCES: () => 'the agent is not in the group of its socket',
};

export interface HelperQuestion {
  readonly socket: string;
  /** With its LF. */
  readonly line: string;
  readonly answerBytesMax: number;
  readonly answerMs: number;
  /** Such as "the mount helper", for the words. */
  readonly who: string;
  readonly clock: Pick<Clock, 'after'>;
  /** Unit of the helper, for the words. */
  readonly service: string;
  /** Makes the error: "late" where no answer came in time, "hung-up" where the helper ended without one, else "refused". */
  readonly fail: (kind: 'late' | 'hung-up' | 'refused', words: string, cause?: unknown) => Error;
}

/** The whole answer. Errors: those that `fail` makes; the signal's reason. */
export function askHelper(question: HelperQuestion, signal: AbortSignal): Promise<string> {
  const { socket: path, line, answerBytesMax, answerMs, who, service, clock } = question;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const socket = connect(path);
    let text = '';
    const end = (settle: () => void): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    const fail = (kind: 'late' | 'hung-up' | 'refused', words: string, cause?: unknown): void =>
      end(() => reject(question.fail(kind, words, cause)));
    const onAbort = (): void => end(() => reject(signal.reason as Error));
    const cancel = clock.after(answerMs, () => fail('late', `${who} gave no answer in ${answerMs} ms`));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(line));
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > answerBytesMax) fail('refused', `${who} said too much`);
    });
    const hungUp = (cause?: unknown): void =>
      fail(
        'hung-up',
        `${who} hung up before it answered: it was restarted, or this machine is too busy`,
        cause,
      );
    socket.on('end', () => (text === '' ? hungUp() : end(() => resolve(text))));
    socket.on('error', (error) => {
      const code = systemCode(error) ?? 'unknown';
      if (code === 'ECONNRESET' || code === 'EPIPE') return hungUp(error);
      const why = REASONS[code]?.(service) ?? `\`systemctl status ${service}\` says how it is`;
      fail('refused', `${who} cannot be asked at ${path} (${code}): ${why}`, error);
    });
  });
}
