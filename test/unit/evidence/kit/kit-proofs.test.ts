// A kit proves that its receipts are in the log of the store, and by whom and when that was seen: nobody who has the store's key, and makes the
// kit, can make that up.
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportCommand } from '../../../../agent/cli/export.ts';
import { publicKeyOf, signNoteText } from '../../../../protocol/documents/minisign.ts';
import { parseReceipt } from '../../../../protocol/documents/receipt.ts';
import { originKey, parseProof } from '../../../../protocol/transparency/checkpoint.ts';
import { formatNote, signatureLine } from '../../../../protocol/transparency/signed-note.ts';
import { OutsideWitness } from '../../../fakes/differential/outside-witness.ts';
import { stampOf } from '../../../fakes/stamp-of.ts';
import { lacksTools } from '../../../fakes/stock-tools.ts';
import { type BuiltRecording, VaultBuilder } from '../../../fakes/vault-builder.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { verdictOf } from '../verify/broken-vault.ts';

let root: string;
let builder: VaultBuilder;
let tree: TreeBuilder;
let one: BuiltRecording;
let other: BuiltRecording;
let kit: string;
const witness = new OutsideWitness();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-kit-proofs-'));
  builder = await VaultBuilder.create(join(root, 'world'));
  tree = TreeBuilder.ahead(builder.receiver);
  kit = join(root, 'kit');
  await builder.receiver.enter('retention', { days: 14, documents_days: 730 });
  await builder.dock();
  [one, other] = [await builder.record({ path: '1.MP4' }), await builder.record({ path: '2.MP4' })];
  await builder.undock();
  const station = join(builder.vault, builder.station);
  for (const name of (await readdir(station)).filter((each) => each.length === 26).sort())
    await tree.receipt(parseReceipt(await readFile(join(station, name, 'receipt.json'))));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A checkpoint of all lines up to now; the log goes on for one more. */
async function seen(name: 'cosigned' | 'checkpoint'): Promise<string> {
  const text = tree.text();
  const atS = Math.floor(Date.parse('2026-11-25T12:00:00.000Z') / 1000);
  const more = name === 'cosigned' ? [await witness.cosign(text, atS)] : [];
  await tree.put(name, tree.note(text, more));
  await builder.receiver.enter('receiver-stopped', {});
  return text;
}

async function made(): Promise<void> {
  await builder.close();
  await tree.put('checkpoint', tree.note());
  const words = [one.id, '--vault', builder.vault, '--keys', builder.keys, '--out', kit, '--reason', 'az-1'];
  const ran = await runCommand(exportCommand, ...words);
  expect([ran.exitCode, ran.err]).toEqual([0, '']);
}

async function judged(): Promise<{ findings: readonly string[]; notes: readonly string[] }> {
  const { findings, notes } = await verdictOf(kit, builder, {
    nowMs: Date.parse(builder.clock.now()),
    identities: [],
  });
  return { findings, notes: notes.filter((code) => /^(?:receipt|log)\./.test(code)) };
}

const proof = (id: string, kind: string): string => join(kit, 'proofs', `${id}.${kind}.tlog-proof`);

test('by a witness, as far as its key is given', async () => {
  await seen('cosigned');
  await made();
  expect((await readdir(join(kit, 'proofs'))).every((name) => name.endsWith('.cosigned.tlog-proof'))).toBe(
    true,
  );
  expect(await judged()).toEqual({ findings: [], notes: ['receipt.not-fixed'] });
  await witness.publish(builder.keys);
  expect(await judged()).toEqual({ findings: [], notes: ['receipt.fixed'] });
});

test.skipIf(lacksTools('openssl'))(
  'by a time stamp, as far as the certificate of its authority is given',
  async () => {
    const text = await seen('checkpoint');
    const size = text.split('\n')[1] ?? '';
    await tree.put(`timestamps/${size}.checkpoint`, tree.note(text));
    const { response, certificate } = await stampOf(text, root);
    await tree.put(`timestamps/${size}.tsr`, response);
    await made();
    expect(await judged()).toEqual({ findings: [], notes: ['receipt.not-fixed'] });
    await writeFile(join(builder.keys, 'timestamp.pem'), certificate);
    expect(await judged()).toEqual({ findings: [], notes: ['receipt.fixed'] });
  },
);

test('by the store alone where nobody outside saw it yet, which fixes nothing', async () => {
  await made();
  expect(parseProof(await readFile(proof(one.id, 'store'), 'utf8')).index).toBeGreaterThan(0);
  expect(await judged()).toEqual({ findings: [], notes: ['receipt.not-fixed'] });
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'that is of another recording',
    () => rename(proof(one.id, 'cosigned'), proof(other.id, 'cosigned')),
    'receipt.proof',
  ],
  [
    'of another line',
    async () => {
      const text = await readFile(proof(one.id, 'cosigned'), 'utf8');
      await writeFile(
        proof(one.id, 'cosigned'),
        text.replace(/^index (\d+)$/m, (_, at: string) => `index ${Number(at) - 1}`),
      );
    },
    'receipt.proof',
  ],
  [
    'with a checkpoint of another vault, which the store signed as well',
    async () => {
      const text = await readFile(proof(one.id, 'cosigned'), 'utf8');
      const begins = text.indexOf('\n\n') + 2;
      const [origin = '', ...rest] = text.slice(begins, text.indexOf('\n\n', begins) + 1).split('\n');
      const foreign = origin.replace(/\/[a-z2-7]{26}\//, `/${'b'.repeat(25)}a/`);
      expect(foreign).not.toBe(origin);
      const checkpoint = [foreign, ...rest].join('\n');
      const own = originKey(foreign, publicKeyOf(builder.storeKey).key);
      const line = signatureLine(own, signNoteText(builder.storeKey, checkpoint));
      await writeFile(proof(one.id, 'cosigned'), text.slice(0, begins) + formatNote(checkpoint, [line]));
    },
    'receipt.proof',
  ],
  [
    'whose cosignature is another one',
    async () => {
      const text = await readFile(proof(one.id, 'cosigned'), 'utf8');
      await writeFile(
        proof(one.id, 'cosigned'),
        text.replace(/.(.{20})\n$/, (_, end: string) => `${text.at(-22) === 'A' ? 'B' : 'A'}${end}\n`),
      );
    },
    'log.cosignature',
  ],
  ['that no kit has', () => writeFile(join(kit, 'proofs', 'other.txt'), 'x'), 'folder.unexpected-entry'],
])('a proof %s is found', async (_, spoil, expected) => {
  await seen('cosigned');
  await witness.publish(builder.keys);
  await made();
  await spoil();
  expect((await judged()).findings).toContain(expected);
});

test('an entry of a station in the kit is the one of which the log of the store says that the vault held it', async () => {
  const [segment = ''] = builder.segments;
  const at = { station: builder.station, segment, sequence: 2 };
  await builder.receiver.enter('head', { ...at, sha256: '0'.repeat(64) });
  await builder.close();
  await tree.put('checkpoint', tree.note());
  const words = [one.id, '--vault', builder.vault, '--keys', builder.keys, '--out', kit, '--reason', 'az-1'];
  expect(await runCommand(exportCommand, ...words, '--with-findings')).toMatchObject({ exitCode: 1 });
  expect((await judged()).findings).toContain('log.tail-missing');
});
