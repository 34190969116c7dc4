// The server of the dock's screen: who gets an answer, what a client can cost, and that a stream says what is new.
import { connect, type Socket } from 'node:net';
import { get, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import type { Given } from '../../../agent/records/staff-reports.ts';
import { readQuestions, STANDARD } from '../../../config/questions.ts';
import { ReportDesk } from '../../../agent/screen/report-desk.ts';
import type { OpenServer } from '../../../agent/platform/http-serve.ts';
import { openScreen, serveScreen } from '../../../agent/screen/screen-server.ts';
import type { ScreenView } from '../../../agent/screen/screen-view.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { ScaledClock } from '../../fakes/clock-scaled.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { until } from '../../fakes/until.ts';

const EMPTY: ScreenView = { bays: [], notes: [], out: [], out_more: 0 };
let desk: ReportDesk | undefined;
let screen: OpenServer;
let shown: ScreenView = EMPTY;
let views = 0;
let log = new MemoryLog();
const sockets: Socket[] = [];

async function serve(view: () => ScreenView = () => shown, clock: Clock = nodeClock()): Promise<void> {
  log = new MemoryLog();
  screen = await openScreen({
    port: 0,
    phone: '02323 16-1234',
    version: '1.2.3',
    language: 'de',
    desk,
    random: nodeRandom(),
    view: () => {
      views++;
      return view();
    },
    clock,
    log,
  });
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await screen.close();
  shown = EMPTY;
  desk = undefined;
});

function ask(path: string, options: RequestOptions = {}): Promise<IncomingMessage & { text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port: screen.port, host: '127.0.0.1', path, agent: false, ...options },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => void (text += piece));
        answer.on('end', () => resolve(Object.assign(answer, { text })));
      },
    );
    asked.on('error', reject).end();
  });
}

/** A stream that is read, and what it said. */
function listen(): Promise<{ status: number; said: string[]; ended: () => boolean }> {
  return new Promise((resolve, reject) => {
    get({ port: screen.port, host: '127.0.0.1', path: '/stream', agent: false }, (answer) => {
      sockets.push(answer.socket);
      const said: string[] = [];
      let isEnded = false;
      answer.setEncoding('utf8').on('data', (piece: string) => said.push(piece));
      answer.on('error', () => undefined).on('close', () => void (isEnded = true));
      resolve({ status: answer.statusCode ?? 0, said, ended: () => isEnded });
    }).on('error', reject);
  });
}

test('serves its page in both languages, with nothing that a browser would run or ask elsewhere', async () => {
  await serve();
  const page = await ask('/');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(page.headers['content-security-policy']).not.toContain('unsafe');
  expect(page.text).toContain('<html lang="de">');
  for (const words of ['Nicht entnehmen', 'Do not take', 'Anrufen: 02323 16-1234'])
    expect(page.text).toContain(words);
  expect(page.text).not.toMatch(
    /\{(?:language|version|texts)\}|\sstyle=|\son\w+=|<script(?! src="\/)|https?:/,
  );
  expect((await ask('/screen.js')).headers['content-type']).toContain('javascript');
  expect((await ask('/screen.css')).headers['content-type']).toContain('css');
  for (const path of ['/../package.json', '/screen-server.ts', '/?x', '/stream/'])
    expect((await ask(path)).statusCode).toBe(404);
});

test.each<[string, number, RequestOptions]>([
  ['a name that leads here', 421, { headers: { host: 'attacker.example' } }],
  ['another port', 421, { headers: { host: '127.0.0.1:1' } }],
  ['a page of another origin', 403, { headers: { origin: 'https://attacker.example' } }],
  ['a page of another site', 403, { headers: { 'sec-fetch-site': 'cross-site' } }],
  ['another method', 405, { method: 'POST' }],
  ['another method', 405, { method: 'PUT' }],
])('refuses %s with %i', async (_, status, options) => {
  await serve();
  const before = views;
  for (const path of ['/', '/stream']) {
    const { statusCode, headers } = await ask(path, options);
    expect([statusCode, headers.allow]).toEqual([status, status === 405 ? 'GET' : undefined]);
  }
  for (const method of ['PUT', 'GET']) {
    const { statusCode, headers } = await ask('/report', { method });
    expect([method, statusCode, headers.allow]).toEqual([method, 405, 'POST']);
  }
  expect(views).toBe(before);
});

test('says the view at once, each change within a second, and that it is there while nothing changes', async () => {
  await serve();
  const { said } = await listen();
  const all = (): string => said.join('');
  await until('the first view', 1000, () => all().includes('data: {"bays":[]'));
  expect(all()).toMatch(/^event: version\ndata: 1\.2\.3\n\n/);
  shown = { ...EMPTY, out_more: 7 };
  await until('the change', 1000, () => all().includes('"out_more":7'));
  await until('alive', 4000, () => all().includes('event: alive'));
  expect(all().match(/"out_more":7/g)).toHaveLength(1);
});

test('has eight listeners at most, and looks at nothing for none', async () => {
  await serve();
  const streams = await Promise.all(Array.from({ length: 8 }, listen));
  expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect((await listen()).status).toBe(503);
  const [one, ...others] = sockets;
  one?.destroy();
  await until('a place', 2000, async () => (await listen()).status === 200);
  for (const socket of [...others, ...sockets]) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 600));
  const before = views;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(views).toBe(before);
});

test('closes a listener that takes nothing, with one message waiting at most', async () => {
  let count = 0;
  const text = 'x'.repeat(8_000_000);
  await serve(() => ({ ...EMPTY, out_more: count++, notes: [{ en: text, de: '' }] }), new ScaledClock(8));
  const socket = connect(screen.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined).pause();
  socket.write(`GET /stream HTTP/1.1\r\nHost: 127.0.0.1:${screen.port}\r\n\r\n`);
  await until('looked', 3000, () => views > 4);
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(200_000_000);
  const before = views;
  await until('nobody looks any more', 8000, async () => {
    const seen = views;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return views === seen;
  });
  expect(views - before).toBeLessThan(20);
}, 20_000);

test('goes on where a view cannot be made, and says nothing then', async () => {
  let isBroken = true;
  await serve(() => {
    if (isBroken) throw new Error('broken');
    return shown;
  });
  const { said, ended } = await listen();
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(said.join('')).toBe('event: version\ndata: 1.2.3\n\n');
  expect(log.messages('warn')).toEqual(['screen not updated']);
  isBroken = false;
  await until('the view', 2000, () => said.join('').includes('"bays":[]'));
  expect(ended()).toBe(false);
});

test('drops what sends no end of a request, and ends all when it closes', async () => {
  await serve();
  const { ended } = await listen();
  const socket = connect(screen.port, '127.0.0.1');
  sockets.push(socket);
  let answer = '';
  socket.on('data', (bytes) => void (answer += bytes.toString())).on('error', () => undefined);
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${screen.port}\r\nx: ${'x'.repeat(20_000)}`);
  await until('an answer', 2000, () => answer.includes('431'));
  await screen.close();
  await until('its end', 1000, ended);
  await expect(ask('/')).rejects.toThrow('ECONNREFUSED');
});

test('shows a condition while another program has the port, and serves it within a minute afterwards, with what is still wrong', async () => {
  await serve();
  const conditions = new MemoryConditions();
  const clock = new ScaledClock(600);
  const { port } = screen;
  const view = (): ScreenView => EMPTY;
  const own = { desk: undefined, random: nodeRandom(), view, clock, log };
  const wish = { port, phone: null, version: '2', language: 'en', ...own } as const;
  const served = await serveScreen({ ...wish, conditions, questionsRefused: false });
  const last = await serveScreen({ ...wish, conditions, questionsRefused: false });
  expect(conditions.facts('station.screen', null)).toEqual({ reason: 'EADDRINUSE' });
  await last.close();
  await screen.close();
  await until('served', 3000, () => conditions.codes().length === 0);
  expect((await ask('/')).text).toContain('data-version="2"');
  const unasking = await serveScreen({ ...wish, conditions, questionsRefused: true });
  expect(conditions.facts('station.screen', null)).toEqual({ reason: 'EADDRINUSE' });
  await served.close();
  const reason = (): unknown => conditions.facts('station.screen', null)?.['reason'];
  await until('served without questions', 3000, () => reason() === 'questions');
  expect((await ask('/')).text).toContain('data-questions="[]"');
  await unasking.close();
  await expect(ask('/')).rejects.toThrow('ECONNREFUSED');
});

const answers = { use: 'announced-on', effect: 'calmed', trouble: 'none' };
let given: Given[] = [];
let stays = new Map<string, string | null>();
let isTaken = true;

async function serveDesk(): Promise<{ token: string; report: RequestOptions['headers'] }> {
  given = [];
  isTaken = true;
  stays = new Map([
    ['bay-1', '2026-12-02T08:00:00.000Z'],
    ['bay-2', null],
  ]);
  const give = async (each: Given): Promise<boolean> => {
    if (isTaken) given.push(each);
    return isTaken;
  };
  desk = new ReportDesk({ questions: readQuestions(STANDARD), reports: { give }, stays: () => stays, log });
  await serve();
  const token = /data-token="([0-9a-f]{32})"/.exec((await ask('/')).text)?.[1] ?? '';
  return { token, report: headersOf(token) };
}

function headersOf(token: string): Record<string, string> {
  const origin = `http://127.0.0.1:${screen.port}`;
  return { origin, 'content-type': 'application/json', 'x-bodydock-token': token };
}

function post(body: unknown, headers: RequestOptions['headers']): Promise<number | undefined> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const to = {
      port: screen.port,
      host: '127.0.0.1',
      path: '/report',
      method: 'POST',
      agent: false,
      headers,
    };
    const asked = request(to, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject).end(text);
  });
}

test('takes a report and a text from its own page, without bay and stay', async () => {
  const { report } = await serveDesk();
  expect(await post({ bay: 'bay-1', answers }, report)).toBe(204);
  expect(await post({ bay: null, text: ' It was loud. ' }, report)).toBe(204);
  const { sha256 } = readQuestions(STANDARD);
  expect(given).toEqual([{ questions_sha256: sha256, answers }, { text: 'It was loud.' }]);
  isTaken = false;
  expect(await post({ bay: null, answers }, report)).toBe(429);
});

const without = (own: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(own).filter(([each]) => each !== name));

test.each<[string, number, (own: Record<string, string>) => Record<string, string>]>([
  ['a page of another origin', 403, (own) => ({ ...own, origin: 'https://attacker.example' })],
  ['no origin', 403, (own) => without(own, 'origin')],
  ['a page of another site', 403, (own) => ({ ...own, 'sec-fetch-site': 'cross-site' })],
  ['another host name', 421, (own) => ({ ...own, host: 'attacker.example' })],
  ['no token', 403, (own) => without(own, 'x-bodydock-token')],
  ['another token', 403, (own) => ({ ...own, 'x-bodydock-token': '0'.repeat(32) })],
  ['a form', 415, (own) => ({ ...own, 'content-type': 'text/plain' })],
])('takes no report with %s: %i', async (_, status, change) => {
  const { token } = await serveDesk();
  expect(await post({ bay: 'bay-1', answers }, change(headersOf(token)))).toBe(status);
  expect(given).toEqual([]);
});

test('takes none that is too long or no report, and none where none is asked for', async () => {
  const { report } = await serveDesk();
  expect(await post({ bay: null, text: 'x'.repeat(9000) }, report)).toBe(413);
  for (const body of [
    { bay: null, text: 'x'.repeat(1001) },
    { bay: null, text: '  ' },
    { bay: null, answers: {} },
    { bay: null, answers: { use: 'another' } },
    { bay: null, answers: { ...answers, camera: 'one' } },
    { bay: 'bay-9', answers },
    { bay: null, answers, text: 'both' },
    { answers },
    '{',
  ])
    expect(await post(body, report)).toBe(400);
  expect(await post({ bay: null, text: '\u{1f600}'.repeat(1000) }, report)).toBe(204);
  await screen.close();
  desk = undefined;
  await serve();
  expect((await ask('/')).text).toContain('data-token=""');
  expect(await post({ bay: null, answers }, headersOf(''))).toBe(403);
});

test('takes three of a kind for each stay of a camera, and begins again with the next one', async () => {
  const { report } = await serveDesk();
  const statuses = async (): Promise<unknown[]> => {
    const all: unknown[] = [];
    for (let at = 0; at < 4; at++) all.push(await post({ bay: 'bay-1', answers }, report));
    return all;
  };
  expect(await statuses()).toEqual([204, 204, 204, 429]);
  expect(await post({ bay: 'bay-1', text: 'words' }, report)).toBe(204);
  expect(await post({ bay: 'bay-2', answers }, report)).toBe(204);
  stays = new Map([['bay-1', '2026-12-02T16:00:00.000Z']]);
  expect(await statuses()).toEqual([204, 204, 204, 429]);
  expect(JSON.stringify(log.lines)).not.toContain('bay-1');
});
