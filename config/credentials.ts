// Secrets as the service manager hands them over. The files themselves belong to root and the service cannot read them: systemd reads
// `LoadCredential=keys:/etc/bodydock/keys` as root and puts each file of that folder as "keys_NAME" into a folder for this service alone.
// The configuration names the files where they lie, so that `check` and `keys` find them too; a running service takes what it was handed.
import { access } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BrokerConfig } from './broker-config.ts';

/** systemd's folder of credentials. Who may read them is said by access lists there, whose mask shows as the bits of the group. */
export const CREDENTIALS_ROOT = '/run/credentials/';

/** What both configurations name as secrets. */
interface WithSecrets {
  readonly keys: { readonly signingFile: string };
  readonly broker: BrokerConfig;
  readonly cameras?: readonly { readonly passwordFile: string | null }[];
  readonly desk?: { readonly keyFile: string } | null;
  readonly notify?: { readonly login: BrokerConfig['login'] } | null;
}

/**
 * The configuration with each secret file below `configFolder` turned to the credential of its relative name, "/" written as "_", where the
 * service manager handed one over. `credentialsFolder` is CREDENTIALS_DIRECTORY; without it nothing changes. Never rejects.
 */
export async function withCredentials<Config extends WithSecrets>(
  config: Config,
  configFolder: string,
  credentialsFolder: string | undefined,
): Promise<Config> {
  if (credentialsFolder === undefined || credentialsFolder === '') return config;
  const handed = async (path: string): Promise<string> => {
    const name = relative(configFolder, path);
    if (name.startsWith('..') || name === '') return path;
    const credential = join(credentialsFolder, name.replaceAll(sep, '_'));
    return access(credential).then(
      () => credential,
      () => path,
    );
  };
  const handedLogin = async (login: BrokerConfig['login']): Promise<BrokerConfig['login']> =>
    login && { ...login, passwordFile: await handed(login.passwordFile) };
  const { tls, login } = config.broker;
  const keyFile = tls?.keyFile === undefined ? undefined : await handed(tls.keyFile);
  const cameras =
    config.cameras &&
    (await Promise.all(
      config.cameras.map(async (camera) => ({
        ...camera,
        passwordFile: camera.passwordFile === null ? null : await handed(camera.passwordFile),
      })),
    ));
  return {
    ...config,
    ...(cameras && { cameras }),
    ...(config.desk && { desk: { ...config.desk, keyFile: await handed(config.desk.keyFile) } }),
    ...(config.notify && {
      notify: { ...config.notify, login: await handedLogin(config.notify.login) },
    }),
    keys: { ...config.keys, signingFile: await handed(config.keys.signingFile) },
    broker: {
      ...config.broker,
      tls: tls === null ? null : { ...tls, ...(keyFile !== undefined && { keyFile }) },
      login: await handedLogin(login),
    },
  };
}
