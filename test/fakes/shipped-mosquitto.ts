// mosquitto with the configuration and the ACL that this project ships, where only paths, certificates and the port are a test's own.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mosquitto } from './mosquitto.ts';
import { requireTool } from './stock-tools.ts';
import type { TestAuthority, TestCertificate } from './tls.ts';

const SHIPPED = new URL('../../systemd/mosquitto/', import.meta.url);

/**
 * Starts it with a server certificate of that authority; the lines for monitoring, which are comments as shipped, are switched on. With passwords,
 * by account, it listens by the lines for these instead of those for certificates.
 */
export async function openShippedMosquitto(
  authority: TestAuthority,
  passwords?: Readonly<Record<string, string>>,
): Promise<Mosquitto> {
  const names = ['IP:127.0.0.1'];
  const server = await authority.issue({ commonName: 'localhost', kind: 'server', names });
  const text = await readFile(new URL('mosquitto.example.conf', SHIPPED), 'utf8');
  const acl = await readFile(new URL('mosquitto.acl', SHIPPED), 'utf8');
  const shown = acl.replaceAll(/^#(?=user |topic )/gm, '');
  if (passwords === undefined)
    return Mosquitto.open({ lines: adapted(text, authority, server), files: { acl: shown } });
  const files = { acl: shown, passwd: await passwordFile(passwords) };
  return Mosquitto.open({ lines: adapted(byPassword(text), authority, server), files });
}

/** The file with the listener for certificates taken out and the one for passwords, which is commented out as shipped, in its place. */
function byPassword(text: string): string {
  const [head = '', own = ''] = text.split(/^# --- Login by password.*$/m);
  const certificates = /^(?:listener|tls_version|cafile|certfile|keyfile|require_|use_|allow_)/;
  const kept = head.split('\n').filter((line) => !certificates.test(line));
  return [...own.split('\n').map((line) => line.replace(/^#(?=[a-z_]+ \S)/, '')), ...kept].join('\n');
}

/** Content of a file as mosquitto_passwd makes it. */
async function passwordFile(passwords: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-passwd-'));
  const path = join(folder, 'passwd');
  try {
    for (const [at, [name, password]] of Object.entries(passwords).entries()) {
      const words = [...(at === 0 ? ['-c'] : []), '-b', path, name, password];
      const { status, stderr } = spawnSync(requireTool('mosquitto_passwd'), words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`mosquitto_passwd ended with ${status}: ${stderr}`);
    }
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The shipped file with the paths and the port of a test; every other line stays as it is. */
export function adapted(
  text: string,
  authority: Pick<TestAuthority, 'caFile'>,
  server: Pick<TestCertificate, 'certFile' | 'keyFile'>,
): string[] {
  const instead: Readonly<Record<string, string>> = {
    cafile: authority.caFile,
    certfile: server.certFile,
    keyfile: server.keyFile,
    acl_file: '{folder}/acl',
    password_file: '{folder}/passwd',
    persistence_location: '{folder}/',
  };
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !/^(?:listener|log_)/.test(line))
    .map((line) => {
      const [name = ''] = line.split(' ');
      return instead[name] === undefined ? line : `${name} ${instead[name]}`;
    });
}
