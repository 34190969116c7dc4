// Runs openssl, which makes and reads certificates for us. Bounded in time and output; no secret is on its command line or in its output.
import { spawn } from 'node:child_process';
import { DockError } from '../../protocol/format/errors.ts';

const TIMEOUT_MS = 20_000;
const OUTPUT_BYTES_MAX = 256 * 1024;
/** Nothing else of our environment is passed on, and no configuration of the system: what is made must not depend on either. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', OPENSSL_CONF: '/dev/null' };

/** What one call wrote. */
export interface OpensslOutput {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Runs one command of openssl with `input` on its standard input, in `folder` where one is given; it is looked for in `path`.
 * Errors: "openssl.missing" where it is not installed; "openssl.failed" where it ended with an error, wrote too much or took too long.
 */
export async function openssl(
  args: readonly string[],
  {
    input = new Uint8Array(),
    folder,
    path = ENVIRONMENT.PATH,
  }: { readonly input?: Uint8Array; readonly folder?: string; readonly path?: string } = {},
): Promise<OpensslOutput> {
  const child = spawn('openssl', [...args], {
    env: { ...ENVIRONMENT, PATH: path },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    ...(folder !== undefined && { cwd: folder }),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined); // it may end before it has read everything
  child.stdin.end(input);
  const collected = Promise.all([collect(child.stdout, child), collect(child.stderr, child)]);
  const code = await ended.catch((error: unknown) => {
    throw notStarted(error);
  });
  const [stdout, stderr] = await collected;
  if (code === 0) return { stdout, stderr: stderr.toString() };
  throw failed(args[0] ?? '', code, stderr.toString());
}

async function collect(
  stream: NodeJS.ReadableStream,
  child: { kill(signal: 'SIGKILL'): boolean },
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > OUTPUT_BYTES_MAX) child.kill('SIGKILL');
    else parts.push(part);
  }
  return Buffer.concat(parts);
}

function notStarted(cause: unknown): DockError {
  const message =
    'openssl is needed for certificates, and cannot be run on this machine: install it (apt install openssl)';
  return new DockError('openssl.missing', message, { retry: 'person', cause });
}

/** Reasons are the library's own words; nothing else of its output is repeated: what it could not read may be a secret. */
function failed(command: string, code: number | null, stderr: string): DockError {
  const reasons = [...stderr.matchAll(/error:[0-9A-F]+:[^:\n]*:[^:\n]*:([^:\n]+)/g)].map(
    ([, reason]) => reason,
  );
  const why = reasons.length > 0 ? `: ${[...new Set(reasons)].join(', ')}` : '';
  const how = code === null ? 'was ended' : `ended with ${code}`;
  return new DockError('openssl.failed', `\`openssl ${command}\` ${how}${why}`, { retry: 'person' });
}

// Time stamps of RFC 3161, read by openssl, which alone knows certificates. Without openssl none counts.

const TIME = /^Time stamp: (\w{3} +\d+ \d+:\d+:\d+)(?:\.\d+)? (\d+) GMT$/m;

/** Gives the time (ms since 1970) at which an authority stamped a digest (SHA-256, hex); undefined where none that is given did. `response` is a file. */
export type ReadStamp = (sha256: string, response: string) => Promise<number | undefined>;

/** By the certificates in these files. */
export function stampsBy(authorities: readonly string[]): ReadStamp {
  return async (sha256, response) => {
    for (const authority of authorities) {
      const asked = ['ts', '-verify', '-digest', sha256, '-in', response, '-CAfile', authority];
      if ((await said(asked)) === undefined) continue;
      const text = await said(['ts', '-reply', '-in', response, '-text']);
      const [, day, year] = TIME.exec(text ?? '') ?? [];
      const at = Date.parse(`${day} ${year} UTC`);
      return Number.isNaN(at) ? undefined : at;
    }
    return undefined;
  };
}

/** What openssl prints; undefined where it ends with an error. */
async function said(asked: readonly string[]): Promise<string | undefined> {
  try {
    return (await openssl(asked)).stdout.toString();
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
