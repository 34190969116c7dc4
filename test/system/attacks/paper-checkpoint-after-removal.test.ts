// The line of a checkpoint hangs on a wall. The keeper changes a disclosure in the store's log, writes all of it again and signs a new
// checkpoint of it: with the store's key that holds in itself. That he writes that a recording was dropped is in dropped-without-deletion.test.ts.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TreeBuilder } from '../../fakes/vault-builder-tree.ts';
import { rewriteLog } from '../../fakes/manipulations/rewritten-log.ts';
import { BODYDOCK, runProgram, type CommandOutcome } from '../../fakes/program.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { TOOLS } from './attacked-world.ts';

describe.skipIf(lacksTools(...TOOLS))('a checkpoint on paper', () => {
  let root: string;
  let builder: VaultBuilder;
  let line: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bodydock-paper-'));
    builder = await VaultBuilder.create(join(root, 'world'));
    const { vault, keys, receiver } = builder;
    const tree = TreeBuilder.ahead(receiver);
    await builder.dock();
    const middle = await builder.record();
    await builder.record();
    await builder.undock();
    await receiver.disclose(middle, { command: 'export' });
    await builder.close();
    await tree.put('checkpoint', tree.note());
    const printed = await runProgram(BODYDOCK, ['witness', '--vault', vault, '--keys', keys]);
    expect(printed.exitCode, printed.stderr).toBe(0);
    line = printed.stdout;
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  function verify(vault: string, ...more: readonly string[]): Promise<CommandOutcome> {
    const words = ['verify', vault, '--trust', builder.keys, '--lang', 'en', ...more];
    return runProgram(BODYDOCK, words);
  }

  test('fits the vault before, typed in groups and broken lines as well', async () => {
    const [origin = '', size = '', root64 = ''] = line.split(' ');
    const typed = `${origin}  ${size}\n${root64.toUpperCase().replaceAll(/(.{8})/g, '$1 ')}\n`;
    for (const text of [line, typed]) {
      const ran = await verify(builder.vault, '--checkpoint', text);
      expect(ran.exitCode, ran.stdout).toBe(0);
    }
    const file = join(root, 'lines.txt');
    await writeFile(file, `${typed}${line}`);
    expect((await verify(builder.vault, '--checkpoint', file)).exitCode).toBe(0);
  });

  test('fixes no time, whatever time is written beside it', async () => {
    const more = ['--checkpoint', line, '--require-outside', '1d'];
    const ran = await verify(builder.vault, ...more);
    expect([ran.exitCode, ran.stdout]).toEqual([1, expect.stringContaining('log.not-fixed')]);
  });

  test('that is not read as a whole is no word for it', async () => {
    const file = join(root, 'broken.txt');
    await writeFile(file, `${line}${line.slice(0, -40)}\n`);
    const ran = await verify(builder.vault, '--checkpoint', file);
    expect([ran.exitCode, ran.stdout]).toEqual([1, expect.stringContaining('log.checkpoint')]);
  });

  test('shows that the log was written again by who has its key', async () => {
    const { receiver: store, vault } = builder;
    const copy = join(root, 'copy');
    await cp(vault, copy, { recursive: true });
    const folder = join(copy, store.receiver, 'custody');
    const log = { folder, segments: store.log.segments, holder: store.receiver, keyOf: () => store.key };
    await rewriteLog(log, (entries) =>
      entries.map((each) =>
        each.event === 'disclosed' ? { ...each, facts: { ...each.facts, reason: 'other' } } : each,
      ),
    );
    const tree = await TreeBuilder.of(store, folder);
    await writeFile(join(copy, store.receiver, 'log', 'checkpoint'), tree.note());
    const alone = await verify(copy);
    expect(alone.exitCode, alone.stdout).toBe(0);
    const ran = await verify(copy, '--checkpoint', line);
    expect([ran.exitCode, ran.stdout]).toEqual([1, expect.stringContaining('log.forked')]);
  });
});
