// The store's clock is slow by months from its first start: what comes today is old by its receipt, and by the entries of the store's log. The keeper
// sets it right, and lets an empty day and a part of a station's log go, as if their days were over. The clocks of the stations were right.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { judgeWithBoth } from '../../fakes/manipulations/judged.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { BuilderLog } from '../../fakes/vault-builder-log.ts';
import { BuilderClock } from '../../fakes/vault-builder-signed.ts';
import { headOf } from '../../fakes/vault-builder-tree.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';

const DAY_MS = 86_400_000;

/** A station with the right time, and a store that is `slowDays` slow. */
class SlowWorld {
  readonly builder: VaultBuilder;
  readonly #slowMs: number;

  private constructor(builder: VaultBuilder, slowDays: number) {
    this.builder = builder;
    this.#slowMs = slowDays * DAY_MS;
  }

  static async begin(root: string, { daysAgo, slowDays }: { daysAgo: number; slowDays: number }) {
    const startMs = Date.now() - daysAgo * DAY_MS;
    const world = new SlowWorld(await VaultBuilder.create(root, { seed: 11, startMs }), slowDays);
    const { builder } = world;
    const clock = new BuilderClock(startMs - slowDays * DAY_MS);
    const own = builder.receiver;
    Object.assign(own, { clock, log: new BuilderLog(own.receiver, builder.random, clock) });
    const slow = (receipt: Receipt): Receipt => ({
      ...receipt,
      received_at: new Date(Date.parse(receipt.received_at) - world.#slowMs).toISOString(),
    });
    const give = own.dockingReceiptOf.bind(own);
    own.dockingReceiptOf = (...words) => slow(give(...words));
    await own.start();
    await own.announce(14, 90);
    return world;
  }

  /** That many days before now, by the right time. */
  moveTo(daysAgo: number): void {
    const ms = Date.now() - daysAgo * DAY_MS;
    this.builder.clock.moveTo(new Date(ms).toISOString());
    this.builder.receiver.clock.moveTo(new Date(ms - this.#slowMs).toISOString());
  }

  /** A camera docks with nothing on it. */
  async emptyDay() {
    const { builder } = this;
    await builder.dock();
    const { parts } = await builder.undock();
    for (const { record, folder } of parts) {
      const receipt_sha256 = sha256Hex(await readFile(join(folder, 'receipt.json')));
      const named = { kind: 'docking', station: builder.station, recording: record.record, receipt_sha256 };
      await builder.receiver.enter('receipt', named);
    }
    return parts;
  }

  /** The segment at which the station is now. */
  async enterHead(): Promise<void> {
    const { builder } = this;
    const head = headOf(await builder.lines(), builder.segments);
    await builder.receiver.enter('head', { station: builder.station, ...head });
  }

  /** The oldest segment goes, as the store says it does. */
  async dropSegment(): Promise<void> {
    const { custody, receiver, segments } = this.builder;
    const [segment = ''] = segments;
    const path = join(custody, `${segment}.jsonl`);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    const facts = {
      segment,
      last_sequence: lines.length,
      last_sha256: sha256Hex(Buffer.from(lines.at(-1) ?? '')),
    };
    await receiver.enter('segment-dropped', facts);
    for (const each of [path, `${path}.minisig`]) await rm(each, { force: true });
  }
}

describe.skipIf(lacksTools('python3'))('a store whose clock was slow from its first start', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bodydock-slow-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test.each([
    ['an empty day of five days ago', 5, 'docking', ['drop.too-early']],
    ['what a station said five days ago', 5, 'segment', ['drop.segment']],
    ['both after their days', 130, 'both', []],
  ] as const)('lets go %s', async (_, daysAgo, goes, expected) => {
    const world = await SlowWorld.begin(join(root, goes), { daysAgo, slowDays: 200 });
    const { builder } = world;
    builder.log('camera-refused', { bay: 'bay-1', reason: 'unknown' });
    const first = goes === 'segment' ? [] : await world.emptyDay();
    world.moveTo(daysAgo - 2);
    await builder.restart();
    await world.enterHead();
    const second = await world.emptyDay();
    await builder.close();
    const keys = join(root, goes, 'keys');
    expect(await judged(builder.vault, keys)).toEqual({ product: [], python: [] });

    builder.receiver.clock.moveTo(new Date(Date.now() - 60_000).toISOString());
    await builder.receiver.dropDocking(goes === 'both' ? [...first, ...second] : first, { afterMs: 0 });
    if (goes !== 'docking') await world.dropSegment();
    await builder.receiver.write();
    // What was not allowed to go is missing, too, says one of them.
    const python = goes === 'docking' ? [...expected, 'receipt.missing'] : expected;
    expect(await judged(builder.vault, keys)).toEqual({ product: expected, python });
  });
});

async function judged(vault: string, keys: string) {
  const [said] = await judgeWithBoth([vault], { keys });
  const codes = (findings: readonly { readonly code: string }[] = []): string[] => [
    ...new Set(findings.map(({ code }) => code)),
  ];
  return { product: codes(said?.product.findings), python: codes(said?.python.findings) };
}
