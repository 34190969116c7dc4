// A deletion record that is dated ahead looks due once that time has come: a witness that saw its entry before says otherwise, for ever. Both
// verifiers ask.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OutsideWitness } from '../../../fakes/differential/outside-witness.ts';
import { codesOf, judgeWithPython } from '../../../fakes/manipulations/judges.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import { verdictOf } from './broken-vault.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-01-10T08:00:00.000Z');

const witness = new OutsideWitness();
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-deleted-ahead-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each([
  ['cosigned', 2, true, ['deletion.in-future']],
  ['checkpoint', 2, true, ['deletion.in-future']],
  ['cosigned', 19, true, ['deletion.in-future']],
  ['cosigned', 20, true, []],
  ['cosigned', 2, false, []],
])(
  'by the file %s a witness saw it on day %d (its key is given: %s), and it says day 20',
  async (file, day, isGiven, findings) => {
    const builder = await VaultBuilder.create(join(root, `${file} ${day} ${isGiven}`), { startMs: START_MS });
    const tree = TreeBuilder.ahead(builder.receiver);
    await builder.receiver.enter('retention', { days: 14, documents_days: 730 });
    await builder.dock();
    const one = await builder.record({ path: '1.MP4' });
    await builder.undock();
    builder.clock.moveTo(new Date(START_MS + 20 * DAY_MS + 3_600_000).toISOString());
    await builder.receiver.delete(one);
    await builder.receiver.enter('receiver-stopped', {});
    const text = tree.text();
    const line = await witness.cosign(text, (START_MS + day * DAY_MS) / 1000);
    await builder.close();
    await tree.put('checkpoint', tree.note());
    await tree.put(file, tree.note(text, [line]));
    if (isGiven) await witness.publish(builder.keys);
    const nowMs = START_MS + 60 * DAY_MS;
    expect((await verdictOf(builder.vault, builder, { nowMs })).findings).toEqual(findings);
    const [python = { good: false, findings: [] }] = await judgeWithPython([builder.vault], builder);
    expect(codesOf(python)).toEqual(findings);
  },
);
