import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { DockError } from '../../../protocol/format/errors.ts';
import { type LogLevel, pinoLog } from '../../../agent/platform/log-pino.ts';

interface Lines {
  readonly log: ReturnType<typeof pinoLog>;
  readonly texts: string[];
  /** The newest line. */
  readonly last: () => Record<string, unknown>;
}

function open(level: LogLevel = 'debug'): Lines {
  const texts: string[] = [];
  const log = pinoLog({ level, destination: { write: (line) => texts.push(line) } });
  return { log, texts, last: () => JSON.parse(texts.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  test('writes one JSON line with level, time, message and fields', () => {
    const { log, texts, last } = open();
    log.info('recording spooled', {
      size_bytes: 5,
      large: 2n ** 60n,
      bytes: new Uint8Array(3),
      gone: undefined,
    });
    assert.equal(texts[0]?.indexOf('\n'), texts[0]?.length === undefined ? -2 : texts[0].length - 1);
    const { time, ...rest } = last();
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(rest, {
      level: 'info',
      message: 'recording spooled',
      size_bytes: 5,
      large: '1152921504606846976',
      bytes: '[3 bytes]',
    });
  });

  test('leaves out what is below its level', () => {
    const { log, texts } = open('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    assert.equal(texts.length, 2);
  });

  test('an error shows code, message and what it came from', () => {
    const { log, last } = open();
    const disk = Object.assign(new Error('write'), { code: 'ENOSPC' });
    const error = new DockError('spool.full', 'no room', {
      cause: disk,
      retry: 'later',
      facts: { free_bytes: 0 },
    });
    log.error('pull failed', { error });
    assert.deepEqual(last()['error'], {
      code: 'spool.full',
      message: 'no room',
      retry: 'later',
      facts: { free_bytes: 0 },
      causes: [{ code: 'ENOSPC', message: 'write' }],
    });
    log.error('bug', { error: new TypeError('x is not a function') });
    assert.match(JSON.stringify(last()['error']), /"code":"TypeError".*"stack"/);
    log.error('thrown text', { error: 'text' });
    assert.deepEqual(last()['error'], { code: 'thrown', message: 'text' });
  });

  test('a circle of causes and of objects ends', () => {
    const { log, last } = open();
    const error: Error & { cause?: unknown } = new Error('a');
    error.cause = error;
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.error('circle', { error, circle });
    assert.equal((last()['error'] as { causes: unknown[] }).causes.length, 8);
  });

  test('secrets are hidden, by name and by look, wherever they stand', () => {
    const secrets = [
      { password: 'marked' },
      { broker: { tls_key: 'marked', signing_key: 'marked' } },
      { list: [{ passphrase: 'marked' }, { api_token: 'marked' }] },
      { url: 'mqtts://user:marked@broker' },
      { text: 'identity AGE-SECRET-KEY-1MARKED here' },
      { pem: '-----BEGIN PRIVATE KEY-----\nmarked\n-----END PRIVATE KEY-----' },
      { error: new Error('cannot parse -----BEGIN EC PRIVATE KEY-----\nmarked') },
      { error: new DockError('a.b', 'x', { retry: 'later', cause: new Error('mqtt://a:marked@b') }) },
      { key: 'marked' },
      { cut: `${'-'.repeat(2020)} mqtt://user:marked-and-cut-behind@broker` },
    ];
    for (const fields of secrets) {
      const { log, texts } = open();
      log.warn('something', fields);
      assert.doesNotMatch(texts[0] ?? 'marked', /marked/i, JSON.stringify(fields));
    }
    const { log, texts } = open();
    log.info('public', { public_key: 'shown', key_id: 'shown' });
    assert.equal(texts[0]?.match(/shown/g)?.length, 2);
  });

  test('no field replaces the line itself', () => {
    const { log, last } = open();
    log.info('mine', { level: 'x', time: 'y', message: 'z' });
    const line = last();
    assert.deepEqual([line['level'], line['message'], line['message_']], ['info', 'mine', 'z']);
  });

  test('takes any value there is, within bounds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (fields) => {
        const { log, texts, last } = open();
        log.info('any', fields);
        assert.equal(last()['message'], 'any');
        assert.equal(texts.length, 1);
      }),
      { numRuns: 300 },
    );
    const { log, texts } = open();
    const hostile = {
      get bad(): string {
        throw new Error('getter');
      },
    };
    log.info('long', { text: 'x'.repeat(1e6), list: Array.from({ length: 1e5 }, () => 1), hostile });
    assert.ok((texts[0]?.length ?? 1e9) < 5000);
  });

  /** Writes more than any pipe holds; ends with 3 behind a last line. */
  const FILE = new URL('../../../agent/platform/log-pino.ts', import.meta.url).href;
  const TALKER = `import { pinoLog } from ${JSON.stringify(FILE)};
    const log = pinoLog({ level: 'info' });
    for (let n = 0; n < 3000; n++) { log.info('more', { text: 'x'.repeat(1900) }); await new Promise(setImmediate); }
    process.stderr.write('went on');
    log.error('the last');
    process.exit(3);`;
  const talk = (output: string): Promise<unknown[]> => {
    const words = ['--import', 'tsx', '--input-type=module', '-e', TALKER];
    const shell = `"$0" "$@" 2>&1 ${output} | grep -c "went on"; exit \${PIPESTATUS[0]}`;
    const child = spawn('bash', ['-c', shell, process.execPath, ...words], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 20_000,
    });
    return once(child, 'close');
  };

  test.each([
    ['a disk that is full', '>/dev/full'],
    ['a pipe that nobody reads', '> >(exec sleep 15 >/dev/null 2>&1)'],
  ])('with stdout at %s the process goes on, and ends at once when it ends', async (_what, output) => {
    assert.deepEqual(await talk(output), [3, null]);
  });

  test('many logs of one process wait for its end once', () => {
    const before = process.listenerCount('exit');
    for (let n = 0; n < 20; n++) pinoLog({ level: 'error' });
    assert.equal(process.listenerCount('exit'), before);
  });

  test('what a full pipe did not take yet when the process ends is read by whoever reads it then', async () => {
    const script = `import { pinoLog } from ${JSON.stringify(FILE)};
      import { writeSync } from 'node:fs';
      void process.stdout; // Node lets writes to its pipe not wait from here on
      const log = pinoLog({ level: 'info' });
      for (let n = 0; n < 400; n++) log.info('line', { n, text: 'x'.repeat(1900) });
      await new Promise((resolve) => setTimeout(resolve, 250));
      writeSync(2, 'ends');
      process.exit(3);`;
    const words = ['--import', 'tsx', '--input-type=module', '-e', script];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
    await once(child.stderr, 'data');
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
    assert.deepEqual(await once(child, 'close'), [3, null]);
    const numbers = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    assert.deepEqual(
      numbers,
      Array.from({ length: 400 }, (_, n) => n),
    );
  });

  test('with stdout closed the process goes on and ends well', async () => {
    const file = new URL('../../../agent/platform/log-pino.ts', import.meta.url).href;
    const script = `import { pinoLog } from ${JSON.stringify(file)};
      const log = pinoLog({ level: 'info' });
      log.info('first');
      for (let n = 0; n < 200; n++) { log.info('more', { text: 'x'.repeat(2000) }); await new Promise(setImmediate); }
      process.stderr.write('went on');`;
    const words = ['--import', 'tsx', '--input-type=module', '-e', script];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.match(told, /went on/);
  });
});
