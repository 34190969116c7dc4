// Time stamps of RFC 3161, read by openssl, which alone knows certificates. Without openssl none counts.
import { DockError } from '../../protocol/format/errors.ts';
import { openssl } from './openssl.ts';

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
