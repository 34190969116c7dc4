import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { openServiceManager, type ServiceManager } from '../../../agent/platform/service-manager.ts';
import { until } from '../../fakes/until.ts';

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

// Senders are real processes. What systemd itself makes of the words is shown in test/system/package.
describe('a service manager is told', () => {
  let folder: string;
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-notify-'));
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A sender that writes its words to a file of its own, and then does what the script says. */
  async function open(script: string, more: { sendMs?: number } = {}): Promise<ServiceManager> {
    const path = join(folder, 'systemd-notify');
    const line = `echo "$NOTIFY_SOCKET $@" > ${folder}/.$$ && mv ${folder}/.$$ ${folder}/sent.$(date +%s%N).$$`;
    await writeFile(path, `#!/bin/sh\n${line}\n${script}\n`);
    await chmod(path, 0o755);
    const environment = {
      NOTIFY_SOCKET: '/run/x',
      WATCHDOG_USEC: '30000000',
      WATCHDOG_PID: String(process.pid),
    };
    const log = {
      warn: (text: string, fields?: object) => warnings.push(`${text} ${JSON.stringify(fields)}`),
    };
    return openServiceManager({ environment, log, folders: `${folder}:/usr/bin:/bin`, ...more });
  }
  async function sent(): Promise<string[]> {
    const names = (await readdir(folder)).filter((name) => name.startsWith('sent.')).sort();
    return Promise.all(names.map(async (name) => (await readFile(join(folder, name), 'utf8')).trim()));
  }

  async function pids(): Promise<number[]> {
    const names = (await readdir(folder)).filter((name) => name.startsWith('sent.'));
    return names.map((name) => Number(name.split('.')[2]));
  }

  test('one sender at a time: what comes meanwhile is gathered, the newest word of a kind', async () => {
    const manager = await open(`while [ ! -e ${folder}/go ]; do sleep 0.01; done`);
    manager.ready('one');
    await until('one sender', 10_000, async () => (await sent()).length === 1);
    for (let at = 0; at < 100; at++) {
      manager.alive();
      manager.status(`status ${at}\nline`);
    }
    assert.deepEqual(await sent(), ['/run/x READY=1 STATUS=one']);
    await writeFile(join(folder, 'go'), '');
    await until('the second sender', 10_000, async () => (await sent()).length === 2);
    assert.equal((await sent())[1], '/run/x WATCHDOG=1 STATUS=status 99 line');
    assert.deepEqual(warnings, []);
  });

  test('a sender that hangs is killed and the next one is sent; it is told once', async () => {
    const manager = await open('exec sleep 60', { sendMs: 1500 });
    for (let at = 0; at < 2; at++) {
      manager.alive();
      await until('the next sender', 10_000, async () => (await sent()).length === at + 1);
    }
    await until('the end of both', 10_000, async () => (await pids()).every((pid) => !runs(pid)));
    assert.equal(warnings.length, 1, warnings.join());
  });

  test('what a sender was killed with is sent again: without “ready” the manager would give this program up', async () => {
    const manager = await open(`[ -e ${folder}/once ] && exit 0; : > ${folder}/once; exec sleep 60`, {
      sendMs: 1500,
    });
    manager.ready('one');
    manager.alive();
    await until('the second sender', 10_000, async () => (await sent()).length === 2);
    assert.deepEqual(await sent(), ['/run/x READY=1 STATUS=one', '/run/x READY=1 STATUS=one WATCHDOG=1']);
  });

  test('without a sender on this machine the program goes on, and says so once', async () => {
    const environment = { NOTIFY_SOCKET: '/run/x' };
    const log = { warn: (text: string) => warnings.push(text) };
    const manager = openServiceManager({ environment, log, folders: '/nonexistent' });
    manager.ready('one');
    manager.status('two');
    await until('a warning', 10_000, () => warnings.length > 0);
    manager.stopping();
    assert.equal(warnings.length, 1);
  });

  test('what could not be sent goes with the next word, and a sender that Node cannot start throws nothing', async () => {
    const manager = await open('exit 0');
    await chmod(join(folder, 'systemd-notify'), 0o644);
    manager.ready('one');
    await until('a warning', 10_000, () => warnings.length > 0);
    await chmod(join(folder, 'systemd-notify'), 0o755);
    manager.alive();
    await until('a word', 10_000, async () => (await sent()).length === 1);
    assert.deepEqual(await sent(), ['/run/x READY=1 STATUS=one WATCHDOG=1']);

    // An environment that is too long is thrown, as the want of memory is.
    const options = { environment: { NOTIFY_SOCKET: '/run/x' }, folders: '/'.repeat(1_000_000) };
    const other = openServiceManager({ ...options, log: { warn: (text) => warnings.push(text) } });
    other.ready('one');
    assert.equal(warnings.length, 2, warnings.join());
  });

  test('a watchdog that is meant for another process is none of ours', () => {
    const log = { warn: () => undefined };
    const watchdogMs = (more: Record<string, string>): number | null =>
      openServiceManager({ environment: { NOTIFY_SOCKET: '/run/x', ...more }, log }).watchdogMs;
    assert.equal(watchdogMs({ WATCHDOG_USEC: '3000000' }), 3000);
    assert.equal(watchdogMs({ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '1' }), null);
    for (const WATCHDOG_USEC of ['', '0', '-1', 'x']) assert.equal(watchdogMs({ WATCHDOG_USEC }), null);
  });

  test('outside of a service manager nobody is told', async () => {
    await open('');
    const manager = openServiceManager({ environment: {}, log: { warn: () => undefined }, folders: folder });
    manager.ready('one');
    manager.alive();
    assert.equal(manager.watchdogMs, null);
    assert.deepEqual(await sent(), []);
  });
});
