// Two verifiers of two languages, one of which knows SPEC.md alone: worlds with much about keys, honest and altered by anybody who has a key or none,
// are judged alike. A bounded part of what `npm run test:differential` goes on with for as long as it is told.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportCommand } from '../../../agent/cli/export.ts';
import { verify } from '../../../agent/cli/verify.ts';
import { compareWorld } from '../../fakes/differential/differential.ts';
import { writeHead } from '../../fakes/differential/keeper-log.ts';
import { codesOf, PythonJudge } from '../../fakes/manipulations/judges.ts';
import { chainOf, linesOf } from '../../fakes/manipulations/rewritten-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TwoReceivers } from '../../fakes/two-receivers.ts';
import { revokeKey } from '../../fakes/vault-builder-keys.ts';
import { TreeBuilder } from '../../fakes/vault-builder-tree.ts';
import { type CommandRun, runCommand } from '../../unit/cli/io-memory.ts';

/** Altered copies of each world. */
const ALTERED = 10;
/** A second or two on idle cores; others may use them. */
const JUDGING_MS = 60_000;

/** In this process: the quick tests come before anything is compiled. */
function productSays(folder: string, keys: string): Promise<CommandRun> {
  return runCommand(verify, folder, '--keys', keys);
}

describe.skipIf(lacksTools('python3'))('both verifiers agree', () => {
  let root: string;
  let python: PythonJudge;
  beforeAll(async () => {
    python = new PythonJudge();
    root = await mkdtemp(join(tmpdir(), 'bodydock-differential-'));
  });
  afterAll(async () => {
    python.close();
    await rm(root, { recursive: true, force: true });
  });

  test.each([
    [1, 'vault'],
    [2, 'vault'],
    [3, 'vault'],
    [4, 'vault'],
    [5, 'kit'],
    [6, 'kit'],
  ] as const)(
    'on the world of seed %i as a %s, and altered copies of it',
    async (seed, what) => {
      const compared = await compareWorld(join(root, `${what}-${seed}`), seed, ALTERED, { python, what });
      const { refused, missed, disagreements } = compared;
      expect({ missed, disagreements }).toEqual({ missed: [], disagreements: [] });
      expect(refused).toBeGreaterThan(ALTERED / 2); // else nothing was compared
    },
    JUDGING_MS,
  );

  test('that a station of which nothing is left had what the store says that it deleted of it', async () => {
    const two = await TwoReceivers.create(join(root, 'nothing-left'), 1, Date.UTC(2025, 1, 1, 8));
    const { builder } = two;
    const { vault, keys } = builder;
    const other = await builder.beside('dock-2');
    await two.recordBy('r-store');
    const made = await two.recordBy('r-store', other);
    await builder.receiver.start();
    builder.clock.advance(15 * 86_400_000);
    await builder.receiver.delete(made);
    for (const dock of [builder, other]) await dock.close();
    await two.close();
    const judge = async (): Promise<unknown> => [
      (await python.judge([vault], { keys })).map(codesOf),
      (await productSays(vault, keys)).exitCode,
    ];
    expect(await judge()).toEqual([[[]], 0]);
    await rm(join(vault, 'dock-2'), { recursive: true });
    expect(await judge()).toEqual([[['recording.missing']], 1]);
  });

  test('that a kit without the revocation that its own log names is not good (SPEC 4.13.5.16)', async () => {
    const two = await TwoReceivers.create(join(root, 'revoked'), 1, Date.UTC(2025, 1, 1, 8));
    const { builder } = two;
    await builder.publish('station-dock-1.pub', builder.stationKey);
    const tree = TreeBuilder.ahead(builder.receiver);
    await builder.receiver.start();
    const made = await two.recordBy('r-store');
    if (made.receipt !== undefined) await tree.receipt(made.receipt);
    const old = builder.stationKey;
    await builder.changeKey();
    await revokeKey(builder.receiver, builder.station, old, { reason: 'retired' });
    await builder.close();
    await two.close();
    const { keys } = builder;
    const kit = join(root, 'revoked-kit');
    const asked = [made.id, '--vault', builder.vault, '--keys', keys, '--out', kit, '--reason', 'court'];
    expect(await runCommand(exportCommand, ...asked)).toMatchObject({ exitCode: 0 });
    const own = join(kit, 'keys', builder.station);
    const revocations = (await readdir(own)).filter((name) => name.includes('.revocation.'));
    expect(revocations).toHaveLength(2);
    expect((await python.judge([kit], { keys })).map(codesOf)).toEqual([[]]);
    for (const name of revocations) await rm(join(own, name));
    expect((await python.judge([kit], { keys })).map(codesOf)).toEqual([['store-log.revocation-missing']]);
    const { exitCode, out } = await productSays(kit, keys);
    expect([exitCode, out]).toEqual([1, expect.stringContaining('FINDING key-revocation.missing')]);
  });

  test("that no order of one station has the id of another station's (SPEC 4.8.15)", async () => {
    const two = await TwoReceivers.create(join(root, 'one-order-id'), 1, Date.UTC(2025, 1, 1, 8));
    const { builder } = two;
    await builder.publish('station-dock-1.pub', builder.stationKey);
    const other = await builder.beside('dock-2');
    const [made, second] = [await two.recordBy('r-store'), await two.recordBy('r-store', other)];
    await builder.receiver.start();
    const { order } = await builder.orders.give(made, { verb: 'hold' });
    const change = (next: typeof order): typeof order => ({ ...next, order: order.order });
    await builder.orders.give(second, { verb: 'hold', change });
    for (const dock of [builder, other]) await dock.close();
    await two.close();
    const { vault, keys } = builder;
    expect((await python.judge([vault], { keys })).map(codesOf)).toEqual([['recording.doubled']]);
    const { exitCode, out } = await productSays(vault, keys);
    expect([exitCode, out]).toEqual([1, expect.stringContaining('FINDING recording.doubled')]);
  });

  test('that a kit has the receipt that its own log names (SPEC 4.13.5.17)', async () => {
    const two = await TwoReceivers.create(join(root, 'other-receipt'), 1, Date.UTC(2025, 1, 1, 8));
    const { builder } = two;
    const tree = TreeBuilder.ahead(builder.receiver);
    await builder.receiver.start();
    const made = await two.recordBy('r-store');
    if (made.receipt !== undefined) await tree.receipt(made.receipt);
    await builder.close();
    await two.close();
    const { keys } = builder;
    const kit = join(root, 'other-receipt-kit');
    const asked = [made.id, '--vault', builder.vault, '--keys', keys, '--out', kit, '--reason', 'court'];
    expect(await runCommand(exportCommand, ...asked)).toMatchObject({ exitCode: 0 });
    await rm(join(kit, 'proofs'), { recursive: true, force: true }); // else they say so too
    expect((await python.judge([kit], { keys })).map(codesOf)).toEqual([[]]);
    const [segment = ''] = builder.receiver.log.segments;
    const path = join(kit, 'log', 'r-store', `${segment}.jsonl`);
    const lines = linesOf(await readFile(path, 'utf8')).map((line) =>
      line.event === 'receipt' ? { ...line, facts: { ...line.facts, receipt_sha256: '7'.repeat(64) } } : line,
    );
    const { text } = chainOf(lines, { segment, holder: 'r-store', key: builder.storeKey });
    await writeFile(path, text);
    await writeHead(path, text);
    await rm(`${path}.minisig`, { force: true });
    expect((await python.judge([kit], { keys })).map(codesOf)).toEqual([['receipt.missing']]);
    const { exitCode, out } = await productSays(kit, keys);
    expect([exitCode, out]).toEqual([1, expect.stringContaining('FINDING receipt.missing')]);
  });
});
