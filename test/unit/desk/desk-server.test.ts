// What the desk is answered by the store, over real TLS: who may ask, what is listed, and that no byte goes out before the reason is in the vault.
import { readdir, readFile, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { type BuiltRecording, VaultBuilder } from '../../fakes/vault-builder.ts';
import { type Answer, DeskSample, PAGE, type Question, storeOf } from './desk-sample.ts';

interface Listed {
  readonly total: number;
  readonly as_of: string;
  readonly recordings: readonly {
    readonly recording: string;
    readonly short: string;
    readonly state: string;
  }[];
}

let root: string;
let builder: VaultBuilder;
let sample: DeskSample;
let built: Record<'first' | 'second' | 'other' | 'waiting', BuiltRecording>;

const madeAt =
  (at: string) =>
  (manifest: Manifest): Manifest => ({
    ...manifest,
    capture: { earliest_at: at, latest_at: at, basis: 'clock-measured' },
  });

describe.skipIf(lacksTools('openssl'))('the desk of the office', () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bodydock-desk-'));
    builder = await VaultBuilder.create(root);
    built = {
      first: await builder.record({ path: 'A.MP4', change: madeAt('2026-11-20T10:00:00.000Z') }),
      other: await builder.record({
        path: 'B.GPS',
        role: 'other',
        change: madeAt('2026-11-21T21:50:00.000Z'),
      }),
      waiting: await builder.record({
        path: 'W.MP4',
        receipted: false,
        change: madeAt('2026-11-22T08:00:00.000Z'),
      }),
      second: await builder.record({
        path: 'B.MP4',
        camera: 'cam-7',
        change: madeAt('2026-11-21T21:41:30.000Z'),
      }),
    };
    await builder.close();
    sample = await DeskSample.make(join(root, 'tls'), {
      viewer: 'viewer',
      auditor: 'auditor',
      officer: 'officer',
      'dock-9': 'station',
    });
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  afterEach(async () => {
    await sample.desk.close();
    await rm(join(builder.vault, '.disclosures'), { recursive: true, force: true });
  });

  const serve = (clock?: ManualClock): Promise<void> =>
    sample.serve(storeOf(builder), clock === undefined ? {} : { clock });
  const list = async (query: string, as = 'viewer'): Promise<Listed> =>
    JSON.parse((await sample.ask(`/v1/recordings${query}`, { as })).body.toString()) as Listed;
  const ids = async (query: string): Promise<string[]> =>
    (await list(query)).recordings.map(({ recording }) => recording);
  const pathOf = ({ id }: BuiltRecording, part: string): string =>
    `/v1/recordings/${builder.station}/${id}/${part}`;
  const look = (recording: string, more: Question = {}, reason = 'case-17'): Promise<Answer> =>
    sample.ask('/v1/looks', {
      method: 'POST',
      body: JSON.stringify({ station: builder.station, recording, reason }),
      ...more,
    });
  const lookId = async (answer: Answer | Promise<Answer>): Promise<string> =>
    (JSON.parse((await answer).body.toString()) as { look: string }).look;
  const disclosures = (): Promise<string[]> => readdir(join(builder.vault, '.disclosures')).catch(() => []);
  const said = ({ status, body }: Answer): [number, string] => [
    status,
    (JSON.parse(body.toString()) as { code: string }).code,
  ];

  test('lists the newest first, by each filter, in pages', async () => {
    await serve();
    const { first, second, other, waiting } = built;
    expect(await ids('')).toEqual([waiting, other, second, first].map(({ id }) => id));
    expect(await ids('?role=media')).toEqual([waiting, second, first].map(({ id }) => id));
    expect(await ids('?camera=cam-7')).toEqual([second.id]);
    expect(await ids('?from=2026-11-21T21:00:00Z&to=2026-11-21T21:45:00Z')).toEqual([second.id]);
    expect(await ids('?state=waiting')).toEqual([waiting.id]);
    expect(await ids(`?station=${builder.station}&limit=1&offset=1&role=media`)).toEqual([second.id]);
    expect(await ids('?station=elsewhere')).toEqual([]);
    expect(await ids(`?id=${first.id.slice(0, 10)}`)).toEqual([first.id]);
    expect((await list('?limit=1')).total).toBe(4);
    expect(await ids('?limit=2&offset=4')).toEqual([]);
  });

  test.each([
    ['?limit=501', 400],
    ['?limit=0', 400],
    ['?camera=a&camera=b', 400],
    ['?from=yesterday', 400],
    ['?state=lost', 400],
    ['?nonsense=1', 400],
    ['?offset=-1', 400],
  ])('a question that makes no sense is refused with what may be asked: %s', async (query, status) => {
    await serve();
    expect(said(await sample.ask(`/v1/recordings${query}`))).toEqual([status, 'desk.question']);
  });

  test('nobody is answered without a certificate, with one that was revoked, or without a role of the desk', async () => {
    await serve();
    await expect(sample.ask('/v1/recordings', { as: null })).rejects.toThrow();
    await expect(sample.ask('/v1/recordings', { as: 'revoked' })).rejects.toThrow();
    expect(said(await sample.ask('/v1/recordings', { as: 'dock-9' }))).toEqual([403, 'desk.role']);
    expect((await sample.ask('/v1/recordings', { as: 'auditor' })).status).toBe(200);
  });

  test.each([
    ['a page of another origin', { origin: 'https://attacker.example' }, 403, 'desk.origin'],
    ['a page without an origin', { origin: 'null' }, 403, 'desk.origin'],
    ['another name that leads here', { headers: { host: 'attacker.example' } }, 421, 'desk.host'],
    ['another method', { method: 'DELETE' }, 405, 'desk.method'],
  ])('%s is not answered', async (_, question, status, code) => {
    await serve();
    const answer = await sample.ask('/v1/recordings', question);
    expect(said(answer)).toEqual([status, code]);
    expect(answer.headers.allow).toBe(status === 405 ? 'GET' : undefined);
    if (code === 'desk.origin') expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('a picture that a foreign page loads from here is refused, although it names no origin', async () => {
    await serve();
    const question = { origin: null, headers: { 'sec-fetch-site': 'cross-site' } };
    expect(said(await sample.ask('/v1/recordings', question))).toEqual([403, 'desk.origin']);
  });

  test('the page may read what it asked for, and nobody keeps it', async () => {
    await serve();
    expect((await sample.ask('/v1/recordings')).headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-credentials': 'true',
      'cache-control': 'no-store',
    });
  });

  test('gives manifest and signature as they are', async () => {
    await serve();
    for (const name of ['manifest.json', 'manifest.json.minisig']) {
      const { body } = await sample.ask(pathOf(built.first, name.replace('.json', '')));
      expect(body).toEqual(await readFile(join(built.first.folder, name)));
    }
    const nothing = pathOf({ ...built.first, id: 'a'.repeat(26) } as BuiltRecording, 'manifest');
    expect(said(await sample.ask(nothing))).toEqual([404, 'desk.not-found']);
  });

  test('of a recording that was deleted no look is begun', async () => {
    const own = await VaultBuilder.create(join(root, 'deleted'));
    await own.dock();
    const gone = await own.record();
    await own.undock();
    own.clock.advance(15 * 86_400_000);
    await own.receiver.delete(gone);
    await own.close();
    await sample.serve(storeOf(own));
    expect((await list('')).recordings.map(({ state }) => state)).toEqual(['deleted']);
    expect(said(await look(gone.id))).toEqual([404, 'desk.deleted']);
    await expect(readdir(join(own.vault, '.disclosures'))).rejects.toThrow('ENOENT');
  });

  test('a payload goes out only after the reason lies in the vault, whole or by one range', async () => {
    await serve();
    const { first } = built;
    const sealed = await readFile(join(first.folder, 'payload.age'));
    expect(said(await sample.ask(pathOf(first, 'payload')))).toEqual([403, 'desk.no-look']);
    expect(await disclosures()).toEqual([]);
    const answer = await look(first.id);
    expect(answer.status).toBe(201);
    const id = await lookId(answer);
    const left = JSON.parse(
      await readFile(join(builder.vault, '.disclosures', `${id}.json`), 'utf8'),
    ) as object;
    expect(left).toMatchObject({ recording: first.id, reason: 'case-17', command: 'open' });
    const path = `${pathOf(first, 'payload')}?look=${id}`;
    expect((await sample.ask(path)).body).toEqual(sealed);
    const part = await sample.ask(path, { headers: { range: 'bytes=3-9' } });
    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 3-9/${sealed.length}`]);
    expect(part.body).toEqual(sealed.subarray(3, 10));
    expect((await sample.ask(path, { headers: { range: 'bytes=-5' } })).body).toEqual(sealed.subarray(-5));
    for (const range of [`bytes=${sealed.length}-`, 'bytes=5-4', 'bytes=0-1,3-4', 'bytes=-0', 'bytes=-'])
      expect((await sample.ask(path, { headers: { range } })).status, range).toBe(416);
    expect(await disclosures()).toEqual([`${id}.json`]);
  });

  test('a look is for one recording and one certificate, and ends', async () => {
    const clock = new ManualClock();
    await serve(clock);
    const id = await lookId(look(built.first.id));
    const ask = async (recording: BuiltRecording, as: string): Promise<number> =>
      (await sample.ask(`${pathOf(recording, 'payload')}?look=${id}`, { as })).status;
    expect(await ask(built.first, 'viewer')).toBe(200);
    expect(await ask(built.second, 'viewer')).toBe(403);
    expect(await ask(built.first, 'officer')).toBe(403);
    await clock.advance(12 * 3_600_000);
    expect(await ask(built.first, 'viewer')).toBe(403);
  });

  test('nothing is left in the vault by who may not look, gives no code as a reason, or asks for nothing there', async () => {
    await serve();
    expect(said(await look(built.first.id, { as: 'auditor' }))).toEqual([403, 'desk.no-look']);
    expect(said(await look(built.first.id, {}, 'Frau Muster'))).toEqual([400, 'disclosure.reason']);
    expect(said(await look('a'.repeat(26)))).toEqual([404, 'desk.not-found']);
    expect(said(await look(built.first.id, { body: '{' }))).toEqual([400, 'desk.question']);
    expect(said(await look(built.first.id, { body: 'null' }))).toEqual([400, 'desk.question']);
    expect((await look(built.first.id, { body: 'x'.repeat(5000) })).status).toBe(413);
    expect(await disclosures()).toEqual([]);
  });

  test('what came later is listed after a while', async () => {
    const clock = new ManualClock();
    await serve(clock);
    const { as_of: before } = await list('');
    await clock.advance(60_000);
    await list('');
    await expect.poll(async () => (await list('')).as_of).not.toBe(before);
  });
});
