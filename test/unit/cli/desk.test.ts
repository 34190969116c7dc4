// `bodydock desk` as its unit starts it: what it needs at its start, and what it says where that is not there.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { desk } from '../../../agent/cli/desk.ts';
import { filesOf } from '../../../config/enrolment/authority.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { RECEIVER } from '../config/files.ts';
import { DeskSample } from '../desk/desk-sample.ts';

describe.skipIf(lacksTools('openssl'))('the desk of the office as a service', () => {
  let root: string;
  let vault: string;
  let sample: DeskSample;
  let port: number;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bodydock-desk-service-'));
    const builder = await VaultBuilder.create(root);
    await builder.record({ path: 'A.MP4' });
    await builder.close();
    vault = builder.vault;
    await mkdir(join(root, 'etc'));
    sample = await DeskSample.make(join(root, 'tls'), { viewer: 'viewer' });
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = Number((server.address() as { port: number } | null)?.port);
    await new Promise((resolve) => server.close(resolve));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** The file of a store with that group. */
  async function fileWith(caFile: string): Promise<string> {
    const { crlFile } = filesOf(sample.authority);
    const files = `ca_file: ${caFile}, crl_file: ${crlFile}, cert_file: ${sample.certFile('localhost')}, key_file: ${sample.keyFile('localhost')}`;
    const group = `desk: {address: 127.0.0.1, port: ${port}, ${files}, origins: ['null']}\n`;
    const file = join(root, 'etc/receiver.yaml');
    const text = RECEIVER.replace(/path: .*/, `path: ${vault}`) + group;
    await writeFile(file, text, { mode: 0o644 });
    return file;
  }

  async function run(words: readonly string[], ready = (): void => undefined, signal = AbortSignal.abort()) {
    let err = '';
    const io = { out: () => undefined, err: (text: string) => void (err += text), onFault: () => undefined };
    return { exitCode: await desk(words, { ...io, ready, signal }), err };
  }

  test('does not start without its files, and names what lacks', async () => {
    const { exitCode, err } = await run(['--config', await fileWith(join(root, 'none.pem'))]);
    expect(exitCode).toBe(78);
    expect(err).toContain(`${join(root, 'none.pem')}: is not there`);
  });

  test('answers with public keys that lie elsewhere, until it is asked to end', async () => {
    const file = await fileWith(filesOf(sample.authority).certFile);
    const ending = new AbortController();
    let total: number | undefined;
    const ask = async (): Promise<void> => {
      const own = {
        cert: await readFile(sample.certFile('viewer')),
        key: await readFile(sample.keyFile('viewer')),
      };
      const ca = await readFile(filesOf(sample.authority).certFile);
      const headers = { origin: 'null' };
      const asked = request({
        host: 'localhost',
        port,
        path: '/v1/recordings',
        agent: false,
        ca,
        ...own,
        headers,
      });
      asked.end();
      const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece);
      ({ total } = JSON.parse(Buffer.concat(pieces).toString()) as { total: number });
    };
    const ready = (): void => void ask().finally(() => ending.abort());
    const words = ['--config', file, '--keys', join(root, 'keys')];
    expect(await run(words, ready, ending.signal)).toEqual({ exitCode: 0, err: '' });
    expect(total).toBe(1);
  });
});
