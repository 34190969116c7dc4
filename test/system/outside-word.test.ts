// The store's log before judges of other hands: litewitness cosigns it, and `openssl ts` stamps it and verifies the stamps.
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { readPublicKeyFile } from '../../config/enrolment/keys.ts';
import { formatNoteKey, parseNoteKey } from '../../protocol/transparency/signed-note.ts';
import { originKey } from '../../protocol/transparency/checkpoint.ts';
import { ManualClock } from '../fakes/clock-manual.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { MemoryWitness } from '../fakes/witness-memory.ts';
import { AttackedWorld, KEEPER, TOOLS } from './attacks/attacked-world.ts';
import { nodePost } from '../../agent/platform/http-post.ts';
import { CHECKPOINT, LOG, TIMESTAMPS } from '../../protocol/format/file-names.ts';
import {
  OUTSIDE_FIRST_MS,
  OUTSIDE_ROUND_MS,
  OutsideWord,
} from '../../agent/receiver/custody/outside-word.ts';
import {
  oneRound,
  outsideWordContract,
  type TestedWitness,
  WitnessedLog,
} from '../contracts/outside-word-contract.ts';
import { makeSecretKey } from '../../protocol/documents/minisign.ts';
import { LITEWITNESS, LiteWitness } from '../fakes/litewitness.ts';
import { codesOf, judgeWithProduct, judgeWithPython } from '../fakes/manipulations/judges.ts';
import { Program, RECEIVER } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TimestampAuthority } from '../fakes/timestamp-authority.ts';
import { until } from '../fakes/until.ts';

describe.skipIf(lacksTools(...LITEWITNESS))('a witness', () => {
  let witness: LiteWitness;
  outsideWordContract(
    'litewitness',
    async (): Promise<TestedWitness> => {
      witness = await LiteWitness.open();
      return {
        key: witness.key,
        url: witness.url,
        post: nodePost,
        originOf: (key) => witness.originOf(key),
        knows: (key) => witness.knows(key),
        pause: () => witness.stop(),
        resume: () => witness.start(),
      };
    },
    () => witness.close(),
  );
});

describe.skipIf(lacksTools(...TOOLS, ...LITEWITNESS))('a running receiver', () => {
  test('has its log cosigned by a witness of another hand, which refuses what a copy of the store goes on with', async ({
    onTestFinished,
  }) => {
    const [world, witness] = [await AttackedWorld.open(), await LiteWitness.open()];
    onTestFinished(() => witness.close());
    const named = `witnesses: [{ key: "${formatNoteKey(witness.key)}", url: "${witness.url}" }]`;
    await appendFile(join(world.root, 'receiver.yaml'), `\n${named}\n`);
    await writeFile(join(world.keys, 'witness.vkey'), `${formatNoteKey(witness.key)}\n`);
    /** From its start to its stop, at which it asks the witness; what it said. */
    async function runs({ root }: AttackedWorld): Promise<string> {
      const args = ['run', '--config', join(root, 'receiver.yaml')];
      const receiver = new Program({ file: RECEIVER, args, logFile: join(root, 'receiver.log') });
      receiver.launch();
      await until('a receiver', 20_000, () => receiver.log().includes('"receiver started"'));
      await receiver.stop();
      const said = receiver.log();
      await rm(receiver.logFile);
      return said;
    }
    /** Whether both find that it is not fixed, and whether the other verifier says by whom it is. */
    async function fixed(of: AttackedWorld): Promise<readonly unknown[]> {
      const trust = { keys: of.keys, outsideDays: 1 };
      const [product] = await judgeWithProduct([of.vault], trust);
      const [python] = await judgeWithPython([of.vault], trust);
      return [
        product?.good,
        product && codesOf(product).includes('log.not-fixed'),
        python && codesOf(python).includes('log.not-fixed'),
        JSON.stringify(python?.logs).includes(`by witness ${witness.key.name}`),
      ];
    }
    // Who keeps a witness learns the log's key from the journal of the store.
    const [, key = ''] =
      /"public_key":"([^"]+)","message":"key of the store log/.exec(await runs(world)) ?? [];
    expect(await fixed(world)).toEqual([false, true, true, false]);
    await witness.serves(parseNoteKey(key));
    const copy = await world.copy();
    await runs(world);
    expect(await fixed(world)).toEqual([true, false, false, true]);
    expect(await runs(copy)).toContain('a witness saw another log than the store has');
    expect(await fixed(copy)).toEqual([false, true, true, false]);
    for (const each of [world, copy]) await each.close();
  }, 60_000);
});

describe.skipIf(lacksTools('openssl'))('a time-stamp authority', () => {
  test('dates the log once a day, and stock openssl verifies it', async () => {
    const authority = await TimestampAuthority.open();
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-stamped-'));
    const log = new WitnessedLog(makeSecretKey(seededRandom(1)), 'log.test/stamped');
    await log.grow(3);
    const stamps = (): string[] =>
      [...log.disk.tree(join(log.folder, TIMESTAMPS))].flatMap(([name]) =>
        name.endsWith('.tsr') ? [name] : [],
      );
    const word = log.asks([], nodePost, { url: authority.url });
    await oneRound(log, word, () => stamps().length === 1);
    await log.grow(2, 10);
    await log.clock.advance(OUTSIDE_ROUND_MS);
    expect(stamps()).toHaveLength(1);
    await log.clock.advance(24 * OUTSIDE_ROUND_MS);
    await until('the next day', 20_000, () => stamps().length === 2);
    for (const name of stamps()) {
      const [response, data] = [join(folder, 'a.tsr'), join(folder, 'text')];
      const note = Buffer.from(log.disk.peek(name.replace('.tsr', '.checkpoint')) ?? []).toString();
      await writeFile(response, log.disk.peek(name) ?? '');
      await writeFile(data, note.slice(0, note.indexOf('\n\n') + 1));
      expect(await authority.verify(response, data)).toContain('Verification: OK');
      await writeFile(data, `${note} `);
      await expect(authority.verify(response, data)).rejects.toThrow();
    }
    authority.isBroken = true;
    await log.grow(1, 20);
    for (let hours = 0; hours < 30 && !log.conditions.isRaised('log.not-stamped'); hours++) {
      await log.clock.advance(OUTSIDE_ROUND_MS);
      await until('the end of a round', 20_000, () => log.clock.pending > 0);
    }
    expect(log.conditions.codes()).toEqual(['log.not-stamped']);
    await word.stop();
    await authority.close();
    await rm(folder, { recursive: true });
  });
});

describe.skipIf(lacksTools(...TOOLS, 'openssl'))('what a receiver got from outside', () => {
  test('is what `bodydock verify` fixes the past of its log by', async () => {
    const world = await AttackedWorld.open();
    const authority = await TimestampAuthority.open();
    const witness = new MemoryWitness();
    const folder = join(world.vault, KEEPER, LOG);
    const [origin = '', size = ''] = (await readFile(join(folder, CHECKPOINT), 'utf8')).split('\n');
    const publicKey = await readPublicKeyFile(join(world.keys, 'store.pub'));
    witness.serves(originKey(origin, publicKey.key));
    const [clock, conditions] = [new ManualClock(Date.now()), new MemoryConditions()];
    const word = new OutsideWord({
      witnesses: [{ key: witness.key, url: witness.url }],
      timestamps: { url: authority.url },
      folder: () => Promise.resolve(folder),
      publicKey,
      post: (request) => (request.url === authority.url ? nodePost(request) : witness.post(request)),
      files: nodeFiles(),
      clock,
      log: new MemoryLog(),
      conditions,
    });
    word.start();
    await clock.advance(OUTSIDE_FIRST_MS);
    await until('a time stamp', 20_000, () => existsSync(join(folder, TIMESTAMPS, `${size}.tsr`)));
    await word.stop();
    expect(conditions.codes()).toEqual([]);
    await writeFile(join(world.keys, 'witness.vkey'), `${formatNoteKey(witness.key)}\n`);
    await copyFile(authority.certificate, join(world.keys, 'timestamp.pem'));
    const words = ['verify', world.vault, '--trust', world.keys, '--require-outside', '1d', '--lang', 'en'];
    const said = await world.bodydock(...words);
    expect([said.exitCode, said.stdout]).toEqual([0, expect.stringMatching(/witness\.test|time stamp/)]);
    await rm(join(world.keys, 'witness.vkey'));
    const stamped = await world.bodydock(...words);
    expect([stamped.exitCode, stamped.stdout]).toEqual([0, expect.stringContaining('time stamp')]);
    // Retention believes it as well, once the file names its certificate.
    const named = `timestamps: { url: "${authority.url}"`;
    const file = join(world.root, 'receiver.yaml');
    const plain = await readFile(file, 'utf8');
    await writeFile(file, `${plain}\n${named} }\n`);
    expect(await world.store('expire')).toMatchObject({ exitCode: 1 });
    await writeFile(file, `${plain}\n${named}, ca_file: "${authority.certificate}" }\n`);
    expect(await world.store('expire')).toMatchObject({ exitCode: 0 });
    const [heard] = (await world.storeLog()).factsOf('outside-time');
    expect(heard).toMatchObject({ by: 'time-stamp', name: new URL(authority.url).host });
    await authority.close();
    await world.close();
  }, 60_000);
});
