// mosquitto with the configuration and the ACL that this project ships, where only paths, certificates and the port are a test's own.
import { readFile } from 'node:fs/promises';
import { Mosquitto } from './mosquitto.ts';
import type { TestAuthority, TestCertificate } from './tls.ts';

const SHIPPED = new URL('../../systemd/mosquitto/', import.meta.url);

/** Starts it with a server certificate of that authority; the lines for monitoring, which are comments as shipped, are switched on. */
export async function openShippedMosquitto(authority: TestAuthority): Promise<Mosquitto> {
  const names = ['IP:127.0.0.1'];
  const server = await authority.issue({ commonName: 'localhost', kind: 'server', names });
  const text = await readFile(new URL('mosquitto.example.conf', SHIPPED), 'utf8');
  const acl = await readFile(new URL('mosquitto.acl', SHIPPED), 'utf8');
  const files = { acl: acl.replaceAll(/^#(?=user |topic )/gm, '') };
  return Mosquitto.open({ lines: adapted(text, authority, server), files });
}

/** The shipped file with the paths and the port of a test; every other line stays as it is. */
export function adapted(text: string, authority: TestAuthority, server: TestCertificate): string[] {
  const instead: Readonly<Record<string, string>> = {
    cafile: authority.caFile,
    certfile: server.certFile,
    keyfile: server.keyFile,
    acl_file: '{folder}/acl',
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
