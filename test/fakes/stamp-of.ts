// A time stamp (RFC 3161) by an authority that openssl makes for it.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Stamps a text; `root` is a folder for what it takes. */
export async function stampOf(
  text: string,
  root: string,
): Promise<{ readonly response: Buffer; readonly certificate: Buffer }> {
  const folder = await mkdtemp(join(root, 'tsa-'));
  const openssl = (...words: string[]): Promise<unknown> =>
    promisify(execFile)('openssl', words, { cwd: folder });
  await writeFile(join(folder, 'text'), text);
  await writeFile(join(folder, 'serial'), '01\n');
  await writeFile(
    join(folder, 'tsa.cnf'),
    '[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ncrypto_device = builtin\nsigner_cert = c.pem\nsigner_key = k.pem\nsigner_digest = sha256\ndefault_policy = 1.2.3\ndigests = sha256\n',
  );
  const own = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'k.pem', '-out', 'c.pem', '-subj', '/CN=tsa'];
  await openssl('req', '-x509', ...own, '-addext', 'extendedKeyUsage=critical,timeStamping');
  await openssl('ts', '-query', '-data', 'text', '-sha256', '-cert', '-out', 'q.tsq');
  await openssl('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'q.tsq', '-out', 'r.tsr');
  return {
    response: await readFile(join(folder, 'r.tsr')),
    certificate: await readFile(join(folder, 'c.pem')),
  };
}
