// Orders at the desk, over real TLS at a real store: two persons sign what the desk made, the receiver's own code places it, and what is not as it should
// be changes nothing.
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LeftDocuments, takeLeft } from '../../../agent/receiver/retention/left-documents.ts';
import { openPolicyCommand } from '../../../agent/receiver/cli/store-command.ts';
import { loadReceiverConfig } from '../../../config/load.ts';
import { evaluationQuestions } from '../../../config/questions.ts';
import {
  encodePublicKey,
  keyIdHex,
  makeSecretKey,
  type SecretKey,
  signDocument,
} from '../../../protocol/documents/minisign.ts';
import {
  encodeOrder,
  type Order,
  ORDER_TRUSTED_COMMENT,
  type Role,
} from '../../../protocol/documents/order.ts';
import {
  encodeEvaluation,
  EVALUATION_TRUSTED_COMMENT,
  type Evaluation,
} from '../../../protocol/documents/evaluation.ts';
import { isLeftName } from '../../../protocol/documents/left-document.ts';
import { makeSessionId } from '../../../protocol/format/ids.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import {
  evaluatorKeys,
  officerKey,
  type RetentionStore,
  supervisorKey,
  withRetentionStore,
} from '../receiver/cli/retention-store.ts';
import type { Sample } from '../receiver/sample.ts';
import { type Answer, DeskSample, type Question } from './desk-sample.ts';

const random = new SeededRandom(77);
const KEYS: Readonly<Record<Role, SecretKey>> = { officer: officerKey, supervisor: supervisorKey };

interface Listed extends Order {
  readonly state: string;
  readonly needed: Role | null;
  readonly deleted: boolean;
}

const IO = {
  out: () => undefined,
  err: () => undefined,
  signal: new AbortController().signal,
};

class Office {
  readonly store: RetentionStore;
  readonly sample: DeskSample;

  constructor(store: RetentionStore, sample: DeskSample) {
    this.store = store;
    this.sample = sample;
  }

  async ask<T>(path: string, as: string): Promise<T> {
    return JSON.parse((await this.sample.ask(path, { as })).body.toString()) as T;
  }
  make(
    verb: Order['verb'],
    { station, recording }: Sample,
    as = 'officer',
  ): Promise<{ order: Order; held: { order: string } | null; deletion: unknown }> {
    return this.ask(`/v1/recordings/${station}/${recording}/order?verb=${verb}&reason=case-7`, as);
  }
  send(order: string, signature: string, as: string, more: Question = {}): Promise<Answer> {
    return this.sample.ask('/v1/orders', {
      as,
      method: 'POST',
      body: JSON.stringify({ order, signature }),
      ...more,
    });
  }
  sign(order: Order, role: Role, key = KEYS[role]): Promise<Answer> {
    const bytes = encodeOrder(order);
    return this.send(Buffer.from(bytes).toString(), signDocument(key, bytes, ORDER_TRUSTED_COMMENT), role);
  }
  evaluate(
    { station, recording, manifestSha256 }: Sample,
    key: SecretKey | undefined,
    { as = 'evaluator', ...change }: Partial<Evaluation> & { readonly as?: string } = {},
  ): Promise<Answer> {
    const bytes = encodeEvaluation({
      type: 'evaluation',
      version: 1,
      station,
      recording,
      manifest_sha256: manifestSha256,
      day: new Date().toISOString().slice(0, 10),
      questions_sha256: evaluationQuestions().sha256,
      answers: { effect: 'calmed' },
      ...change,
    });
    const signature = signDocument(key ?? officerKey, bytes, EVALUATION_TRUSTED_COMMENT);
    const body = JSON.stringify({ evaluation: Buffer.from(bytes).toString(), signature });
    return this.sample.ask('/v1/evaluations', { as, method: 'POST', body });
  }
  evaluations({ station, recording }: Sample, as: string): Promise<object> {
    return this.ask(`/v1/evaluations?station=${station}&recording=${recording}`, as);
  }
  async orders({ station, recording }: Sample): Promise<Listed[]> {
    const path = `/v1/orders?station=${station}&recording=${recording}`;
    return (await this.ask<{ orders: Listed[] }>(path, 'viewer')).orders;
  }
  async waiting(as: string): Promise<{ role: Role | null; orders: Listed[] }> {
    return this.ask('/v1/orders', as);
  }
  left(): Promise<string[]> {
    return readdir(join(this.store.vault, '.disclosures')).catch(() => []);
  }
  placed({ station }: Sample): Promise<string[]> {
    return readdir(join(this.store.vault, station, 'orders')).catch(() => []);
  }
}

/** Calls with a desk at a store, beside which its receiver places orders or not. */
function withOffice(
  use: (office: Office) => Promise<void>,
  { places = true, clock = undefined as ManualClock | undefined } = {},
): Promise<void> {
  return withRetentionStore(async (store) => {
    const roles = {
      officer: 'officer',
      supervisor: 'supervisor',
      evaluator: 'evaluator',
      viewer: 'viewer',
      auditor: 'auditor',
    } as const;
    const sample = await DeskSample.make(join(store.folder, 'tls'), roles);
    const file = join(store.folder, 'receiver.yaml');
    const loaded = await loadReceiverConfig(file);
    if (loaded.kind === 'refused') throw new Error('receiver.yaml is refused');
    const publicKey = loaded.config.stations[0]?.publicKeys[0];
    if (publicKey !== undefined)
      await writeFile(join(store.folder, 'station.pub'), encodePublicKey(publicKey));
    const deps = await openPolicyCommand(file, IO);
    const office = new Office(store, sample);
    const ended = new AbortController();
    // As LeftDocuments does it, without its pauses.
    const placing = async (): Promise<void> => {
      for (; !ended.signal.aborted; await sleep(20))
        for (const name of (await office.left()).filter(isLeftName)) await takeLeft(deps, name);
    };
    const receiver = places ? placing() : undefined;
    await sample.serve({ store: loaded.config, keys: store.folder }, clock === undefined ? {} : { clock });
    try {
      await use(office);
    } finally {
      ended.abort();
      await receiver;
      await sample.desk.close();
    }
  });
}

const said = ({ status, body }: Answer): [number, string] => [
  status,
  (JSON.parse(body.toString()) as { code?: string }).code ?? '',
];

describe.skipIf(lacksTools('openssl'))('an order at the desk', () => {
  test(
    'is made there, signed by one role, seen and signed by the other one, and stands in the log as any other',
    () =>
      withOffice(async (office) => {
        const sample = await office.store.plant(3);
        const { order } = await office.make('hold', sample);
        expect(await office.placed(sample)).toEqual([]);
        expect((await office.sign(order, 'officer')).status).toBe(201);
        expect(await office.orders(sample)).toMatchObject([{ state: 'alone', needed: 'supervisor' }]);
        const { role, orders } = await office.waiting('supervisor');
        expect([role, orders.map(({ order: id }) => id)]).toEqual(['supervisor', [order.order]]);
        const [{ station, recording, manifest_sha256, verb, reason, ordered_at } = order] = orders;
        const again: Order = { ...order, station, recording, manifest_sha256, verb, reason, ordered_at };
        expect((await office.sign(again, 'supervisor')).status).toBe(201);
        expect(await office.orders(sample)).toMatchObject([{ state: 'counts', needed: null }]);
        expect((await office.waiting('officer')).orders).toEqual([]);
        expect(await office.left()).toEqual([]);
        const listed = JSON.parse((await office.store.call('orders', '--json')).out) as { orders: object[] };
        expect(listed.orders).toMatchObject([{ order: order.order, state: 'counts' }]);
        const custody = join(office.store.vault, 'r-test', 'custody');
        const logs = await Promise.all(
          (await readdir(custody)).map((name) => readFile(join(custody, name), 'utf8')),
        );
        for (const who of ['officer', 'supervisor'])
          expect(logs.join('')).toMatch(
            new RegExp(`"event":"order"[^\\n]*"${order.order}"[^\\n]*"role":"${who}"`),
          );
      }),
    60_000,
  );

  test(
    'to delete is carried out once both signed, and not while a hold counts',
    () =>
      withOffice(async (office) => {
        const sample = await office.store.plant(3);
        const held = await office.make('hold', sample);
        await office.sign(held.order, 'officer');
        const made = await office.make('delete', sample, 'supervisor');
        expect(made.held).toMatchObject({ order: held.order.order });
        await office.sign(made.order, 'supervisor');
        await office.sign(made.order, 'officer');
        expect((await office.orders(sample)).map(({ state }) => state)).toEqual(['alone', 'stopped']);
        const lift = await office.make('unhold', sample);
        expect(lift.deletion).toMatchObject({ order: made.order.order });
        await office.sign(lift.order, 'officer');
        expect(await readdir(office.store.recording(sample))).toContain('payload.age');
        await office.sign(lift.order, 'supervisor');
        expect(await readdir(office.store.recording(sample))).not.toContain('payload.age');
        expect((await office.orders(sample)).map(({ state, deleted }) => [state, deleted])).toEqual([
          ['over', true],
          ['over', true],
          ['over', true],
        ]);
        expect(said(await office.sign(made.order, 'officer'))).toEqual([409, 'order.deleted']);
      }),
    60_000,
  );

  test(
    'that is not signed by its role, was changed, or is about something else changes nothing',
    () =>
      withOffice(async (office) => {
        const sample = await office.store.plant(3);
        const { order } = await office.make('delete', sample);
        const text = Buffer.from(encodeOrder(order)).toString();
        const signature = signDocument(officerKey, encodeOrder(order), ORDER_TRUSTED_COMMENT);
        const signed = (other: Order, key = officerKey): Promise<Answer> =>
          office.sign(other, 'officer', key);
        const refused: readonly (readonly [string, Answer, number, string])[] = [
          ['wrong key', await signed(order, supervisorKey), 409, 'order.signature'],
          ['foreign key', await signed(order, makeSecretKey(random)), 409, 'order.signature'],
          ['as the other role', await office.send(text, signature, 'supervisor'), 409, 'order.signature'],
          [
            'changed',
            await office.send(text.replace('"delete"', '"hold"'), signature, 'officer'),
            409,
            'order.signature',
          ],
          ['not canonical', await office.send(` ${text}`, signature, 'officer'), 409, 'canonical.refused'],
          [
            'other comment',
            await office.send(
              text,
              signDocument(officerKey, encodeOrder(order), 'bodydock policy'),
              'officer',
            ),
            409,
            'order.signature',
          ],
          [
            'other manifest',
            await signed({ ...order, manifest_sha256: 'a'.repeat(64) }),
            409,
            'order.conflict',
          ],
          [
            'no recording',
            await signed({ ...order, recording: 'a'.repeat(26) as Order['recording'] }),
            409,
            'order.no-recording',
          ],
          [
            'of another day',
            await signed({ ...order, ordered_at: '2099-01-01T00:00:00.000Z' }),
            409,
            'order.future',
          ],
          ['unsigned', await office.send(text, '', 'officer'), 400, 'desk.question'],
          ['no order', await office.send('{}', signature, 'officer'), 409, 'document.refused'],
          ['viewer', await office.send(text, signature, 'viewer'), 403, 'desk.role'],
          ['auditor', await office.send(text, signature, 'auditor'), 403, 'desk.role'],
          [
            'foreign page',
            await office.send(text, signature, 'officer', { origin: 'https://attacker.example' }),
            403,
            'desk.origin',
          ],
          [
            'page without origin',
            await office.send(text, signature, 'officer', {
              origin: null,
              headers: { 'sec-fetch-site': 'cross-site' },
            }),
            403,
            'desk.origin',
          ],
          [
            'other host',
            await office.send(text, signature, 'officer', { headers: { host: 'attacker.example' } }),
            421,
            'desk.host',
          ],
          [
            'other method',
            await office.sample.ask('/v1/orders', { as: 'officer', method: 'PUT', body: '{}' }),
            405,
            'desk.method',
          ],
          [
            'more fields',
            await office.send('', '', 'officer', {
              body: JSON.stringify({ order: text, signature, role: 'supervisor' }),
            }),
            400,
            'desk.question',
          ],
          ['no JSON', await office.send('', '', 'officer', { body: '{' }), 400, 'desk.question'],
        ];
        for (const [what, answer, status, code] of refused)
          expect([what, ...said(answer)]).toEqual([what, status, code]);
        expect([await office.left(), await office.placed(sample)]).toEqual([[], []]);
        expect((await office.waiting('officer')).orders).toEqual([]);
      }),
    60_000,
  );

  test(
    'however long it is, is read up to a bound only',
    () =>
      withOffice(async (office) => {
        const sample = await office.store.plant(3);
        const answer = office.send('', '', 'officer', { body: 'x'.repeat(10 * 1024 * 1024) });
        // The desk hangs up while the rest is still on its way: who sends may hear that, or the answer.
        expect(
          await answer.then(
            ({ status }) => status,
            (error: NodeJS.ErrnoException) => error.code,
          ),
        ).toSatisfy((heard: unknown) => [413, 'ECONNRESET', 'EPIPE'].includes(heard as string));
        expect((await office.send('', '', 'officer', { body: 'x'.repeat(17_000) })).status).toBe(413);
        expect([await office.left(), await office.placed(sample)]).toEqual([[], []]);
      }),
    60_000,
  );

  test(
    'that comes again enters nothing, and one that was lifted does not hold again',
    () =>
      withOffice(async (office) => {
        const sample = await office.store.plant(3);
        const { order } = await office.make('hold', sample);
        await office.sign(order, 'officer');
        await office.sign(order, 'supervisor');
        const lift = await office.make('unhold', sample);
        await office.sign(lift.order, 'officer');
        await office.sign(lift.order, 'supervisor');
        expect((await office.sign(order, 'officer')).status).toBe(201);
        expect((await office.orders(sample)).map(({ verb, state }) => [verb, state])).toEqual([
          ['hold', 'over'],
          ['unhold', 'counts'],
        ]);
        const twin = { ...order, reason: 'case-8' };
        expect(said(await office.sign(twin, 'officer'))).toEqual([409, 'order.conflict']);
      }),
    60_000,
  );

  test('waits in the vault while no receiver runs, and is placed by the next one', () => {
    const clock = new ManualClock(Date.now());
    return withOffice(
      async (office) => {
        const sample = await office.store.plant(3);
        const { order } = await office.make('hold', sample);
        const sent = office.sign({ ...order, order: makeSessionId(random) }, 'officer');
        await expect.poll(() => office.left()).toHaveLength(1);
        const passing = setInterval(() => void clock.advance(1000), 10);
        expect((await sent).status).toBe(202);
        clearInterval(passing);
        expect(await office.placed(sample)).toEqual([]);
        await writeFile(join(office.store.vault, '.disclosures', `${'b'.repeat(26)}.officer.json`), '{');
        const next = new LeftDocuments(
          await openPolicyCommand(join(office.store.folder, 'receiver.yaml'), IO),
        );
        next.start();
        await expect.poll(() => office.placed(sample), { timeout: 20_000 }).toHaveLength(1);
        await expect.poll(() => office.left()).toEqual([`${'b'.repeat(26)}.officer.json`]);
        await next.stop();
      },
      { places: false, clock },
    );
  }, 60_000);

  test('that cannot be placed for now stays until it is, with its entry', () =>
    withOffice(
      async (office) => {
        const sample = await office.store.plant(3);
        const { order } = await office.make('hold', sample);
        const sent = office.sign(order, 'officer');
        await expect.poll(() => office.left()).toHaveLength(1);
        const [name = ''] = await office.left();
        const deps = await openPolicyCommand(join(office.store.folder, 'receiver.yaml'), IO);
        const custody = join(office.store.vault, 'r-test', 'custody');
        await rename(custody, join(office.store.folder, 'custody'));
        await writeFile(custody, '');
        await expect(takeLeft(deps, name)).rejects.toThrow();
        expect(await office.left()).toEqual([name]);
        await rm(custody);
        await rename(join(office.store.folder, 'custody'), custody);
        await takeLeft(deps, name);
        expect((await sent).status).toBe(201);
        expect(await office.left()).toEqual([]);
        await office.store.hear();
        expect((await office.store.call('expire', '--json')).code).toBe(0);
        const logs = await Promise.all(
          (await readdir(custody)).map((each) => readFile(join(custody, each), 'utf8')),
        );
        expect(logs.join('').match(new RegExp(`"event":"order"[^\\n]*"${order.order}"`, 'g'))).toHaveLength(
          1,
        );
      },
      { places: false },
    ));

  test(
    'is made for who may sign one, with a verb and a reason that is a code',
    () =>
      withOffice(async (office) => {
        const { station, recording } = await office.store.plant(3);
        const ask = async (query: string, as = 'officer'): Promise<[number, string]> =>
          said(await office.sample.ask(`/v1/recordings/${station}/${recording}/order?${query}`, { as }));
        expect(await ask('verb=hold&reason=case-7', 'viewer')).toEqual([403, 'desk.role']);
        expect(await ask('verb=keep&reason=case-7')).toEqual([400, 'desk.question']);
        expect(await ask('verb=hold&reason=Frau%20Muster')).toEqual([400, 'desk.question']);
        expect(await ask('verb=hold')).toEqual([400, 'desk.question']);
        expect(await ask('verb=hold&reason=case-7')).toEqual([200, '']);
        for (const query of [
          'station=x',
          `recording=${recording}`,
          'station=A&recording=b',
          `station=${station}&recording=${recording}&all=1`,
        ])
          expect(said(await office.sample.ask(`/v1/orders?${query}`, { as: 'officer' })), query).toEqual([
            400,
            'desk.question',
          ]);
      }),
    60_000,
  );
});

describe.skipIf(lacksTools('openssl'))('an evaluation at the desk', () => {
  test(
    'is taken from an evaluator alone, is in the vault and in the log, and says to others only whose key it was',
    () =>
      withOffice(async (office) => {
        const sample = await office.store.plant(3);
        const [one, other] = evaluatorKeys;
        expect(await office.evaluations(sample, 'evaluator')).toEqual({ role: 'evaluator', evaluations: [] });
        expect(said(await office.evaluate(sample, one, { as: 'officer' }))).toEqual([403, 'desk.role']);
        expect(said(await office.evaluate(sample, officerKey))).toEqual([409, 'evaluation.signature']);
        expect(said(await office.evaluate(sample, one, { answers: { effect: 'mr-smith' } }))).toEqual([
          409,
          'evaluation.questions',
        ]);
        expect((await office.evaluate(sample, one)).status).toBe(201);
        expect((await office.evaluate(sample, one)).status).toBe(201);
        expect(said(await office.evaluate(sample, one, { answers: { effect: 'worse' } }))).toEqual([
          409,
          'evaluation.again',
        ]);
        expect((await office.evaluate(sample, other, { answers: { effect: 'worse' } })).status).toBe(201);
        const ids = evaluatorKeys.map(({ keyId }) => ({ key_id: keyIdHex(keyId) }));
        const shown = (await office.evaluations(sample, 'viewer')) as { evaluations: object[] };
        expect(shown).toMatchObject({ role: null, evaluations: expect.arrayContaining(ids) as object });
        expect(JSON.stringify(shown)).not.toMatch(/calmed|worse/);
        expect(await office.left()).toEqual([]);
        const custody = join(office.store.vault, 'r-test', 'custody');
        const logs = await Promise.all(
          (await readdir(custody)).map((name) => readFile(join(custody, name), 'utf8')),
        );
        expect(logs.join('').match(/"event":"evaluation"/g)).toHaveLength(2);
        for (const query of ['', '?station=A&recording=b'])
          expect(said(await office.sample.ask(`/v1/evaluations${query}`, { as: 'viewer' }))).toEqual([
            400,
            'desk.question',
          ]);
      }),
    60_000,
  );

  test('waits in the vault while no receiver runs', () => {
    const clock = new ManualClock(Date.now());
    return withOffice(
      async (office) => {
        const sample = await office.store.plant(3);
        const sent = office.evaluate(sample, evaluatorKeys[0]);
        await expect.poll(() => office.left()).toHaveLength(1);
        const passing = setInterval(() => void clock.advance(1000), 10);
        expect((await sent).status).toBe(202);
        clearInterval(passing);
        expect(await office.evaluations(sample, 'viewer')).toMatchObject({ evaluations: [] });
      },
      { places: false, clock },
    );
  }, 60_000);
});
