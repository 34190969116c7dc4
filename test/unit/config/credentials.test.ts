import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { withCredentials } from '../../../config/credentials.ts';
import { loadStationConfig } from '../../../config/load.ts';
import type { StationConfig } from '../../../config/station-config.ts';
import { STATION } from './files.ts';

describe('secrets that the service manager hands over', () => {
  let folder: string;
  let config: StationConfig;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-credentials-'));
    await writeFile(join(folder, 'station.yaml'), STATION);
    const loaded = await loadStationConfig(join(folder, 'station.yaml'));
    assert.equal(loaded.kind, 'loaded');
    config = loaded.config;
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('stand for the files of the same relative name, and only where they were handed over', async () => {
    await writeFile(join(folder, 'keys_station.key'), '');
    const handed = await withCredentials(config, folder, folder);
    assert.equal(handed.keys.signingFile, join(folder, 'keys_station.key'));
    assert.deepEqual(handed.broker, config.broker);
    await writeFile(join(folder, 'tls_key.pem'), '');
    const both = await withCredentials(config, folder, folder);
    assert.equal(both.broker.tls?.keyFile, join(folder, 'tls_key.pem'));
    assert.equal(both.broker.tls.certFile, join(folder, 'tls/cert.pem'));
  });

  test('stand for the password of a camera', async () => {
    const [first, ...others] = config.cameras;
    assert.ok(first !== undefined);
    const named = {
      ...config,
      cameras: [{ ...first, passwordFile: join(folder, 'keys/cam-1.password') }, ...others],
    };
    await writeFile(join(folder, 'keys_cam-1.password'), '');
    const { cameras } = await withCredentials(named, folder, folder);
    assert.equal(cameras[0]?.passwordFile, join(folder, 'keys_cam-1.password'));
    assert.deepEqual(cameras.slice(1), others);
  });

  test('stand for the password of a login at the broker, also where there is no client certificate', async () => {
    const passwordFile = join(folder, 'keys/broker.password');
    const broker = {
      ...config.broker,
      tls: { caFile: join(folder, 'tls/ca.pem') },
      login: { username: 'townhall-1', passwordFile },
    };
    await writeFile(join(folder, 'keys_broker.password'), '');
    const handed = await withCredentials({ ...config, broker }, folder, folder);
    assert.equal(handed.broker.login?.passwordFile, join(folder, 'keys_broker.password'));
    assert.deepEqual(handed.broker.tls, broker.tls);
  });

  test('stand for no file outside of the folder of the configuration', async () => {
    await writeFile(join(folder, '.._other_station.key'), '');
    const outside = { ...config, keys: { signingFile: join(folder, '../other/station.key') } };
    assert.deepEqual(await withCredentials(outside, folder, folder), outside);
  });

  test('change nothing without a service manager', async () => {
    assert.equal(await withCredentials(config, folder, undefined), config);
  });
});
