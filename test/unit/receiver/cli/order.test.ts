// Orders as two persons give them who never share a key.
import { readdir, readFile, writeFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { encodeOrder, parseOrder, type Order, type Role } from '../../../../protocol/documents/order.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import type { Sample } from '../sample.ts';
import { DAY_MS, officerKey, signOrder, withRetentionStore, type RetentionStore } from './retention-store.ts';

let made = 0;

/** Makes an order and has it signed; gives its folder. */
async function ordered(
  store: RetentionStore,
  verb: Order['verb'],
  sample: Sample,
  by: readonly Role[],
): Promise<string> {
  const folder = join(store.folder, `order-${++made}`);
  const about = [sample.station, sample.recording, '--reason', 'case-7', '--out', folder];
  const outcome = await store.call(verb, ...about);
  expect([outcome.code, outcome.err]).toEqual([0, '']);
  for (const role of by) await signOrder(folder, await readFile(join(folder, 'order.json')), role);
  return folder;
}

describe('bodydock-receiver hold', () => {
  test('makes a text and says what each of two persons types; nothing counts yet', async () => {
    await withRetentionStore(async (store) => {
      const sample = await store.plant(3);
      const folder = join(store.folder, 'o');
      const { code, out } = await store.call(
        'hold',
        sample.station,
        sample.recording,
        '--reason',
        'case-7',
        '--out',
        folder,
      );
      expect(code).toBe(0);
      for (const role of ['officer', 'supervisor'])
        expect(out).toContain(
          `minisign -S -m order.json -x order.json.${role}.minisig -t "bodydock order" -s KEYFILE`,
        );
      expect(out).toContain(`bodydock-receiver hold --place ${folder}`);
      expect((await readdir(folder)).toSorted()).toEqual(['order.json', 'sign.txt']);
      const sheet = await readFile(join(folder, 'sign.txt'), 'utf8');
      expect(sheet).toMatch(/ANORDNUNG .*Löschsperre[^]*ORDER .*hold \(keep beyond its due date\)/);
      expect(parseOrder(await readFile(join(folder, 'order.json')))).toMatchObject({
        verb: 'hold',
        reason: 'case-7',
      });
      expect(await store.call('hold', '--place', folder)).toMatchObject({ code: 1 });
      expect((await store.call('orders')).out).toBe('no order counts or waits\n');
    });
  });

  test('takes the beginning of an id, with or without its station, where it fits one alone', async () => {
    await withRetentionStore(async (store) => {
      const sample = await store.plant(3);
      const short = sample.recording.slice(0, 8);
      const order = async (at: number, ...words: string[]) =>
        store.call('hold', ...words, '--reason', 'case-7', '--out', join(store.folder, `short-${at}`));
      expect(await order(1, short)).toMatchObject({ code: 0 });
      expect(await order(2, sample.station, short)).toMatchObject({ code: 0 });
      const text = await readFile(join(store.folder, 'short-1', 'order.json'));
      expect(parseOrder(text)).toMatchObject({ station: sample.station, recording: sample.recording });
      const other = sample.recording[10] === 'a' ? 'b' : 'a';
      const twin = `${sample.recording.slice(0, 10)}${other}${sample.recording.slice(11)}`;
      await mkdir(join(store.vault, sample.station, twin));
      expect(await order(3, short)).toMatchObject({ code: 2, err: expect.stringContaining(twin) as string });
      expect(await order(4, 'abc')).toMatchObject({
        code: 2,
        err: expect.stringContaining('4 or more') as string,
      });
      expect(await order(5, 'zzzzzzzz')).toMatchObject({
        code: 2,
        err: expect.stringContaining('bodydock ls') as string,
      });
    });
  });

  test('by one role counts at once, by both until both lift it; `orders` shows what waits for whom', async () => {
    await withRetentionStore(async (store) => {
      const sample = await store.plant(20);
      const hold = await ordered(store, 'hold', sample, ['officer']);
      const alone = await store.call('hold', '--place', hold);
      expect(alone.out).toMatch(
        /signed by the officer\nIt counts from now on and lapses at .* unless the supervisor signs/,
      );
      expect((await store.call('orders')).out).toMatch(/hold .*counts, one signature +supervisor until/);
      await store.hear();
      expect((await store.call('expire')).out).toContain('0 recordings deleted (0.0 MB), 1 held');
      expect((await store.call('expire', '--preview')).out).toMatch(
        /stays .*held by order \S+ \(case-7\) until .*other role/,
      );
      await signOrder(hold, await readFile(join(hold, 'order.json')), 'supervisor');
      expect((await store.call('hold', '--place', hold)).out).toMatch(
        /signed by the supervisor\n.*until both roles lift/,
      );
      expect((await store.call('hold', '--place', hold)).out).toContain('nothing new was entered');
      expect(await store.call('expire', '--json')).toMatchObject({ code: 0 });

      const lift = await ordered(store, 'unhold', sample, ['officer']);
      expect((await store.call('unhold', '--place', lift)).out).toContain(
        'does not count before the supervisor signs',
      );
      expect((await store.call('orders')).out).toMatch(/unhold .*waits +supervisor/);
      expect((await store.call('expire')).out).toContain('0 recordings deleted');
      await signOrder(lift, await readFile(join(lift, 'order.json')), 'supervisor');
      expect((await store.call('unhold', '--place', lift)).out).toContain('Nobody holds the recording now');
      expect((await store.call('expire')).out).toContain('1 recording deleted');
      const all = JSON.parse((await store.call('orders', '--all', '--json')).out) as { orders: Order[] };
      expect(all.orders.map(({ verb }) => verb)).toEqual(['hold', 'unhold']);
      expect((await store.call('orders')).out).toContain('2 more are over');
    });
  });

  test('that one role signed can be fetched by the other one and signed elsewhere', async () => {
    await withRetentionStore(async (store) => {
      const sample = await store.plant(3);
      const hold = await ordered(store, 'hold', sample, ['supervisor']);
      await store.call('hold', '--place', hold);
      await rm(hold, { recursive: true });
      const { orders } = JSON.parse((await store.call('orders', '--json')).out) as {
        orders: { order: string }[];
      };
      const again = join(store.folder, 'again');
      const fetched = await store.call('orders', '--fetch', orders[0]?.order ?? '', '--out', again);
      expect(fetched.out).toContain('the officer types in it');
      await signOrder(again, await readFile(join(again, 'order.json')), 'officer');
      expect((await store.call('hold', '--place', again)).out).toContain('until both roles lift that');
    });
  });
});

test('bodydock-receiver delete deletes at once with both signatures, and not while a hold counts', async () => {
  await withRetentionStore(async (store) => {
    const [sample, held] = [await store.plant(1), await store.plant(1)];
    const order = await ordered(store, 'delete', sample, ['officer']);
    expect((await store.call('delete', '--place', order)).out).toContain(
      'does not count before the supervisor',
    );
    expect(await readdir(store.recording(sample))).toContain('payload.age');
    await signOrder(order, await readFile(join(order, 'order.json')), 'supervisor');
    expect((await store.call('delete', '--place', order)).out).toContain('1 recording deleted');
    expect(await readdir(store.recording(sample))).not.toContain('payload.age');
    await store.call('hold', '--place', await ordered(store, 'hold', held, ['officer']));
    const stopped = await ordered(store, 'delete', held, ['officer', 'supervisor']);
    expect((await store.call('delete', '--place', stopped)).out).toMatch(
      /Not deleted: order \S+ \(case-7\) holds it/,
    );
    expect((await store.call('orders')).out).toContain('stopped by a hold');
    expect(await readdir(store.recording(held))).toContain('payload.age');
  });
});

test('bodydock-receiver unhold warns of a deletion that waits, before it is signed and where it is carried out', async () => {
  await withRetentionStore(async (store) => {
    const both = ['officer', 'supervisor'] as const;
    const [sample, other] = [await store.plant(1), await store.plant(1)];
    for (const held of [sample, other])
      await store.call('hold', '--place', await ordered(store, 'hold', held, both));
    const deletion = await ordered(store, 'delete', sample, both);
    const { order: id } = parseOrder(await readFile(join(deletion, 'order.json')));
    await store.call('delete', '--place', await ordered(store, 'delete', other, ['officer']));
    const waits = /signed by both and is carried out as soon as no hold counts/;
    const make = async (held: Sample): Promise<readonly [text: string, sheet: string, folder: string]> => {
      const folder = join(store.folder, `order-${++made}`);
      const about = [held.station, held.recording, '--reason', 'case-7', '--out', folder];
      const { out } = await store.call('unhold', ...about);
      return [out, await readFile(join(folder, 'sign.txt'), 'utf8'), folder];
    };
    expect((await make(sample))[0]).not.toMatch(waits); // the deletion was not placed yet
    await store.call('delete', '--place', deletion);

    const [text, sheet, lift] = await make(sample);
    const line = `An order to delete it (${id}, case-7) is signed by both and is carried out as soon as no hold counts.`;
    expect(text).toContain(line);
    expect(sheet).toContain(line);
    expect(sheet).toContain(
      `Eine von beiden unterschriebene Löschanordnung (${id}, case-7) wird ausgeführt, sobald keine Löschsperre mehr gilt.`,
    );
    await signOrder(lift, await readFile(join(lift, 'order.json')), 'officer');
    await store.call('unhold', '--place', lift);
    const again = join(store.folder, 'again');
    const { order: liftId } = parseOrder(await readFile(join(lift, 'order.json')));
    const fetched = await store.call('orders', '--fetch', liftId, '--out', again);
    expect(fetched.out).toContain(line);
    expect(await readFile(join(again, 'sign.txt'), 'utf8')).toMatch(/Löschanordnung[^]*signed by both/);
    await signOrder(again, await readFile(join(again, 'order.json')), 'supervisor');
    const placed = await store.call('unhold', '--place', again);
    expect(placed.code).toBe(0);
    expect(placed.out).toMatch(
      /Nobody holds the recording now\. An order to delete it, signed by both, had waited for that:\n1 recording deleted/,
    );
    expect(placed.out).not.toContain('it is due');
    expect(await readdir(store.recording(sample))).not.toContain('payload.age');

    // One that only one role signed waits for nothing.
    const [otherText, otherSheet] = await make(other);
    expect(otherText).not.toMatch(waits);
    expect(otherSheet).not.toMatch(/Löschanordnung|as soon as no hold counts/);
  });
});

test('bodydock-receiver unhold speaks of the deletion and not of a due date where nobody outside says the time, too', async () => {
  await withRetentionStore(async (store) => {
    const both = ['officer', 'supervisor'] as const;
    const sample = await store.plant(1);
    await store.call('hold', '--place', await ordered(store, 'hold', sample, both));
    await store.call('delete', '--place', await ordered(store, 'delete', sample, both));
    const { out } = await store.call('unhold', '--place', await ordered(store, 'unhold', sample, both));
    expect(out).toMatch(/had waited for that:\n1 recording deleted/);
  });
});

describe('an order that was placed and did not do what it says is told, and ends with 1:', () => {
  test('a hold that an order given later has lifted', async () => {
    await withRetentionStore(async (store) => {
      const sample = await store.plant(20);
      const both = ['officer', 'supervisor'] as const;
      const early = await ordered(store, 'hold', sample, ['officer']);
      const first = await store.call('hold', '--place', await ordered(store, 'hold', sample, both));
      expect(first.code).toBe(0);
      await store.call('unhold', '--place', await ordered(store, 'unhold', sample, both));
      const placed = await store.call('hold', '--place', early);
      expect(placed.code).toBe(1);
      expect(placed.out).toContain('It keeps nothing');
      expect(placed.out).not.toContain('counts from now on');
    });
  });

  test('a deletion beside an order that cannot be read, or against a hold', async () => {
    await withRetentionStore(async (store) => {
      const [sample, held] = [await store.plant(1), await store.plant(1)];
      const both = ['officer', 'supervisor'] as const;
      await store.call('hold', '--place', await ordered(store, 'hold', held, ['officer']));
      const stopped = await ordered(store, 'delete', held, both);
      expect(await store.call('delete', '--place', stopped)).toMatchObject({ code: 1 });
      const folder = join(store.vault, sample.station, 'orders', 'a'.repeat(26));
      await mkdir(folder);
      await writeFile(join(folder, 'order.json'), '{');
      const placed = await store.call('delete', '--place', await ordered(store, 'delete', sample, both));
      expect([placed.code, placed.out]).toEqual([1, expect.stringContaining('cannot be read')]);
      expect(await readdir(store.recording(sample))).toContain('payload.age');
      await store.plant(20);
      await store.hear();
      expect(await store.call('expire')).toMatchObject({ code: 1 });
      await rm(folder, { recursive: true });
      expect(await store.call('expire')).toMatchObject({ code: 0 });
      expect(await readdir(store.recording(sample))).not.toContain('payload.age');
    });
  });
});

describe('an evil or mistaken order is refused with a word that says why:', () => {
  test.each<[string, string, (folder: string, bytes: Uint8Array) => Promise<void>]>([
    [
      'one role twice',
      'order.signature',
      async (folder, bytes) => {
        await signOrder(folder, bytes, 'officer');
        await signOrder(folder, bytes, 'supervisor', officerKey);
      },
    ],
    [
      'a key that is in no list any more',
      'order.signature',
      async (folder, bytes) => {
        await signOrder(folder, bytes, 'officer', makeSecretKey(new SeededRandom(9)));
        await signOrder(folder, bytes, 'supervisor');
      },
    ],
    [
      'a text that was altered after it was signed',
      'order.signature',
      async (folder, bytes) => {
        for (const role of ['officer', 'supervisor'] as const) await signOrder(folder, bytes, role);
        const other = { ...parseOrder(bytes), reason: 'other' };
        await writeFile(join(folder, 'order.json'), encodeOrder(other));
      },
    ],
    [
      'another verb than the one that is typed',
      'order.verb',
      async (folder, bytes) => {
        const text = encodeOrder({ ...parseOrder(bytes), verb: 'hold' });
        await writeFile(join(folder, 'order.json'), text);
        for (const role of ['officer', 'supervisor'] as const) await signOrder(folder, text, role);
      },
    ],
    [
      'an order about a recording of another vault',
      'order.no-recording',
      async (folder, bytes) => {
        const text = encodeOrder({ ...parseOrder(bytes), recording: 'a'.repeat(26) as Order['recording'] });
        await writeFile(join(folder, 'order.json'), text);
        for (const role of ['officer', 'supervisor'] as const) await signOrder(folder, text, role);
      },
    ],
    [
      'one about another manifest of that recording',
      'order.conflict',
      async (folder, bytes) => {
        const text = encodeOrder({ ...parseOrder(bytes), manifest_sha256: 'b'.repeat(64) });
        await writeFile(join(folder, 'order.json'), text);
        for (const role of ['officer', 'supervisor'] as const) await signOrder(folder, text, role);
      },
    ],
    [
      'one of next month',
      'order.future',
      async (folder, bytes) => {
        const at = new Date(Date.now() + 30 * DAY_MS).toISOString();
        const text = encodeOrder({ ...parseOrder(bytes), ordered_at: at });
        await writeFile(join(folder, 'order.json'), text);
        for (const role of ['officer', 'supervisor'] as const) await signOrder(folder, text, role);
      },
    ],
    [
      'a text that is no order',
      'canonical.refused',
      async (folder, bytes) => {
        await signOrder(folder, bytes, 'officer');
        await writeFile(join(folder, 'order.json'), 'delete everything');
      },
    ],
    ['nobody', 'order.unsigned', () => Promise.resolve()],
  ])('%s', async (_what, code, spoil) => {
    await withRetentionStore(async (store) => {
      const sample = await store.plant(1);
      const folder = await ordered(store, 'delete', sample, []);
      await spoil(folder, await readFile(join(folder, 'order.json')));
      const outcome = await store.call('delete', '--place', folder);
      expect([outcome.code, outcome.out]).toEqual([1, '']);
      expect(outcome.err).toContain(code);
      expect(await readdir(store.recording(sample))).toContain('payload.age');
      expect(JSON.parse((await store.call('orders', '--all', '--json')).out)).toEqual({
        orders: [],
        findings: [],
      });
    });
  });

  test('an order of an id that the vault has with other words, and a word that is none', async () => {
    await withRetentionStore(async (store) => {
      const sample = await store.plant(1);
      const hold = await ordered(store, 'hold', sample, ['officer', 'supervisor']);
      await store.call('hold', '--place', hold);
      const text = encodeOrder({ ...parseOrder(await readFile(join(hold, 'order.json'))), verb: 'unhold' });
      const other = join(store.folder, 'other');
      await mkdir(other);
      await writeFile(join(other, 'order.json'), text);
      for (const role of ['officer', 'supervisor'] as const) await signOrder(other, text, role);
      expect((await store.call('unhold', '--place', other)).err).toContain('order.conflict');
      for (const words of [
        ['hold', sample.station],
        ['hold', sample.station, sample.recording],
        ['hold', sample.station, sample.recording, '--reason', 'Herr Meier'],
        ['hold', sample.station, '../../etc', '--reason', 'case-7'],
        ['hold', sample.station, '--place', other],
      ])
        expect((await store.call(...words)).code, words.join(' ')).toBe(2);
    });
  });
});
