import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'vitest';
import { isDockError } from '../../../protocol/format/errors.ts';
import { startEmbeddedBroker } from '../../../agent/platform/broker-embedded.ts';
import { openMqttBroker } from '../../../agent/platform/broker-mqtt.ts';
import { testBrokerOptions, until } from '../../fakes/broker-subjects.ts';

describe('the embedded broker', () => {
  test('listens on loopback and nowhere else', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'broker.example']) {
      const starting = startEmbeddedBroker({ host, port: 0 });
      await assert.rejects(starting, (error) => isDockError(error, 'broker.embedded-host'));
    }
  });

  test('says where a port cannot be had', async () => {
    const first = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
    const second = startEmbeddedBroker({ host: '127.0.0.1', port: first.port });
    await assert.rejects(
      second,
      (error) => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE',
    );
    await first.close();
  });

  test('closes with clients connected, and its port is free at once', async () => {
    const first = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
    const options = testBrokerOptions(`mqtt://127.0.0.1:${first.port}`, 'one');
    const client = openMqttBroker(options);
    client.start();
    const silent = connect(first.port, '127.0.0.1').on('error', () => undefined);
    await until(() => client.connected);
    await first.close();
    const second = await startEmbeddedBroker({ host: '127.0.0.1', port: first.port });
    await until(() => client.connected, 'a connection to the next broker');
    await client.close(true);
    await second.close();
    silent.destroy();
  });

  test('as a process it tells its port, outlives an interrupt, and ends with its parent', async () => {
    const entry = new URL('../../../agent/platform/broker-embedded-main.ts', import.meta.url).pathname;
    const child = fork(entry, [], { execArgv: ['--import', 'tsx'] });
    const [message] = (await once(child, 'message')) as [{ port: number }];
    child.kill('SIGINT');
    const client = openMqttBroker(testBrokerOptions(`mqtt://127.0.0.1:${message.port}`, 'one'));
    client.start();
    await until(() => client.connected);
    await client.close(true);
    const exited = once(child, 'exit');
    child.disconnect();
    assert.deepEqual(await exited, [0, null]);
  });
});
