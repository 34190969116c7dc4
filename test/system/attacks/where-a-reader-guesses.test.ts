// What somebody who writes a verifier from SPEC.md alone would have to guess, were it not said there: for each, what both verifiers say of a vault
// that is read in the one way, and of one that is read in the other.
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonical, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, STATION, TOOLS } from './attacked-world.ts';

type Fields = Record<string, unknown>;

const SEGMENT = 'z'.repeat(25) + 'a';
const GOOD = expect.objectContaining({ exitCode: 0, findings: [] }) as unknown;

describe.skipIf(lacksTools(...TOOLS))('where a reader could guess', () => {
  let honest: AttackedWorld;
  let world: AttackedWorld;
  beforeAll(async () => {
    honest = await AttackedWorld.open();
  });
  afterAll(() => honest.close());

  const custody = (...names: string[]): string => join(world.vault, STATION, 'custody', ...names);
  const stationKey = (): string => join(world.root, 'secrets', 'station.key');

  /** What both say of a copy that was changed. */
  async function said(change: () => Promise<void>): Promise<unknown> {
    world = await honest.copy();
    await change();
    const verdicts = await world.verdicts();
    await world.close();
    return verdicts;
  }

  async function segment(): Promise<{ name: string; text: string }> {
    const name = (await readdir(custody())).find((each) => each.endsWith('.jsonl')) ?? '';
    return { name, text: await readFile(custody(name), 'utf8') };
  }

  /** SPEC 2.1.3. */
  test('the trusted comment of a segment', async () => {
    const signed = (comment: string) => async (): Promise<void> => {
      const { name, text } = await segment();
      await writeFile(custody(`${name}.minisig`), await signWithMinisign(text, stationKey(), comment));
    };
    expect(await said(signed('bodydock custody-segment'))).toEqual({ product: GOOD, python: GOOD });
    for (const comment of ['bodydock custody-log', 'bodydock custody-head', 'bodydock custody'])
      expect(await said(signed(comment))).toEqual(refusing('custody.signature-comment'));
  });

  /** SPEC 4.13.4.2. */
  test('the name of a key file', async () => {
    const called = (name: string) => () => rename(join(world.keys, 'station.pub'), join(world.keys, name));
    for (const name of ['station.old.pub', `station-${STATION}.pub`, `station-${STATION}.old.pub`])
      expect(await said(called(name))).toEqual({ product: GOOD, python: GOOD });
    expect(await said(called('station-other.pub'))).toEqual(refusing('manifest.signature-unknown-key'));
  });

  /** SPEC 4.3.2.4 and 4.3.2.5. */
  test('what of an entry is the same where a later segment repeats it', async () => {
    const repeated =
      (change: Fields, left = 0) =>
      async (): Promise<void> => {
        const { name, text } = await segment();
        const before = text.trimEnd().split('\n');
        const at = before.length - 6;
        const entries = before.map((line) => JSON.parse(line) as Fields);
        const lines: string[] = [];
        const add = (entry: Fields): void => {
          const previous = lines.length === 0 ? '0'.repeat(64) : sha256(lines.at(-1) ?? '');
          lines.push(canonical({ ...entry, sequence: lines.length + 1, previous }));
        };
        const opened = entries[0]?.['facts'] as Fields;
        const named = {
          last_segment: name.slice(0, -6),
          last_sequence: at,
          last_sha256: sha256(before[at - 1] ?? ''),
        };
        add({ ...entries.at(-1), event: 'segment-opened', facts: { ...opened, segment: SEGMENT, ...named } });
        const rest = entries.slice(at).filter(({ event }) => event !== 'checkpoint');
        expect(rest.length).toBeGreaterThan(1);
        for (const [index, entry] of rest.slice(left).entries())
          add(index === 0 ? { ...entry, ...change } : entry);
        const last = JSON.parse(lines.at(-1) ?? '') as Fields;
        const { boot, monotonic_ms } = last;
        const head = canonical({
          type: 'custody-head',
          version: 1,
          station: STATION,
          segment: SEGMENT,
          sequence: lines.length,
          sha256: sha256(lines.at(-1) ?? ''),
          at: last['at'],
          boot,
          monotonic_ms,
        });
        const signature = await signWithMinisign(head, stationKey(), 'bodydock custody-head');
        add({ ...last, event: 'checkpoint', facts: { head, signature } });
        await writeFile(custody(`${SEGMENT}.jsonl`), `${lines.join('\n')}\n`);
      };
    expect(await said(repeated({}))).toEqual({ product: GOOD, python: GOOD });
    for (const change of [{ at: '2026-11-01T08:00:00.000Z' }, { monotonic_ms: 1 }])
      expect(await said(repeated(change))).toEqual(refusing('custody.fork'));
    expect(await said(repeated({}, 1))).toEqual(refusing('custody.fork'));
  });

  /** SPEC 4.3.5.6. */
  test('a recording that a log does not name and goes on after', async () => {
    const verdicts = await said(async () => {
      const [named] = await world.named('manifest.json');
      const path = join(world.folder(named?.recording ?? ''), 'manifest.json');
      const recording = SEGMENT;
      const manifest: Fields = { ...(JSON.parse(await readFile(path, 'utf8')) as Fields), recording };
      const at = world.folder(recording);
      await cp(world.folder(named?.recording ?? ''), at, { recursive: true });
      for (const name of ['receipt.json', 'receipt.json.minisig']) await rm(join(at, name));
      const json = canonical(manifest);
      await writeFile(join(at, 'manifest.json'), json);
      const signature = await signWithMinisign(json, stationKey(), `bodydock ${String(manifest['type'])}`);
      await writeFile(join(at, 'manifest.json.minisig'), signature);
    });
    // Each has a name of its own for it.
    expect(verdicts).toMatchObject({
      product: refusing('recording.unlogged').product,
      python: refusing('custody.unlogged').python,
    });
  });

  /** SPEC 4.4.21. */
  test('of what the id of a vault has its digest', async () => {
    world = await honest.copy();
    const path = join(world.vault, 'vault.json');
    const { vault, ...rest } = JSON.parse(await readFile(path, 'utf8')) as Fields;
    const id = String(vault);
    expect(rest['vault_sha256']).toBe(sha256(id));
    const bits = id
      .split('')
      .map((letter) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter).toString(2).padStart(5, '0'));
    const bytes = Buffer.from(
      bits
        .join('')
        .slice(0, 128)
        .match(/.{8}/g)
        ?.map((each) => Number.parseInt(each, 2)) ?? [],
    );
    expect(bytes).toHaveLength(16);
    await writeFile(path, canonical({ ...rest, vault: id, vault_sha256: sha256(bytes) }));
    const product = await world.bodydock('verify', world.vault, '--keys', world.keys, '--json');
    expect([product.exitCode, await world.pythonRefuses()]).toEqual([1, 1]);
    await world.close();
  });
});
