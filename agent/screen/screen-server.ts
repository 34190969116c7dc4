// Serves the screen of the dock on this machine's loopback: one page and one stream of what it shows (SPEC 7.8), and takes reports of the staff. It
// reads nothing else that a browser sends beyond method, path and a few headers.
//
// Invariants:
// 1. Clients, connections, bytes of a request and bytes that wait for a client are bounded; one that takes nothing is closed.
// 2. A report is taken from the page that this run served, opened on this machine, and from nothing else: by origin and token.
// 3. The station works without it: what fails here is shown or logged, and ends nothing.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Language, LANGUAGES } from '../../config/language.ts';
import { shippedFile } from '../../config/program-version.ts';
import { filled } from '../../config/texts.ts';
import { SCREEN_DE } from '../../config/texts/de/screen.ts';
import { SCREEN_EN } from '../../config/texts/en/screen.ts';
import { systemCode } from '../../protocol/format/errors.ts';
import type { Clock, Conditions, Log, Random } from '../../protocol/format/ports.ts';
import { listen, type OpenServer, requestLimits } from '../platform/http-serve.ts';
import { BODY_BYTES_MAX, type ReportDesk } from './report-desk.ts';
import type { ScreenView } from './screen-view.ts';

const HOST = '127.0.0.1';
const TOKEN_BYTES = 16;
/** The kiosk, and technicians who look. */
const STREAMS_MAX = 8;
const CONNECTIONS_MAX = 32;
const REQUEST_BYTES_MAX = 8192;
const REQUEST_MS = 5000;
/** Between two tries to get a port that another program has, or that the unit forbids. */
const AGAIN_MS = 60_000;
/** A change is on the screen within a second. */
const LOOK_MS = 400;
/** A page that hears nothing for three of these says so. */
const ALIVE_MS = 2000;
/** A client that took nothing at so many looks in a row, some seconds, is gone or broken. */
const LOOKS_STUCK_MAX = 12;

/** No code and no style in the page itself, and nothing of another host. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

export interface ScreenOptions {
  /** On loopback; 0 takes a free one. */
  readonly port: number;
  /** To call where help is needed; null where the file names none. */
  readonly phone: string | null;
  readonly version: string;
  /** That the page begins with. */
  readonly language: Language;
  readonly view: () => ScreenView;
  /** Undefined: no reports are asked for. */
  readonly desk: ReportDesk | undefined;
  readonly random: Pick<Random, 'bytes'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Serves it as soon as it can, and shows a condition until then, and while it takes no reports as the file of questions was refused; a station works
 * without it, too. `close` ends it, and never rejects.
 */
export async function serveScreen(
  options: ScreenOptions & { readonly conditions: Conditions; readonly questionsRefused: boolean },
): Promise<Pick<OpenServer, 'close'>> {
  const { clock, conditions, questionsRefused } = options;
  let cancel: (() => void) | undefined;
  let isEnded = false;
  let open: OpenServer | undefined;
  const attempt = async (): Promise<void> => {
    try {
      open = await openScreen(options);
      if (questionsRefused) conditions.raise('station.screen', null, { reason: 'questions' });
      else conditions.clear('station.screen', null);
      if (isEnded) await open.close();
    } catch (error) {
      conditions.raise('station.screen', null, { reason: systemCode(error) ?? 'unexpected' });
      if (!isEnded) cancel = clock.after(AGAIN_MS, () => void attempt());
    }
  };
  await attempt();
  return {
    close: async () => {
      isEnded = true;
      cancel?.();
      await open?.close();
    },
  };
}

/** Errors: the system's where the port is taken or may not be used, or a file of the page is missing. */
export async function openScreen(options: ScreenOptions): Promise<OpenServer> {
  const token = Buffer.from(options.random.bytes(TOKEN_BYTES)).toString('hex');
  const files = pageFiles(options, token);
  const streams = new Streams(options);
  const server = createServer(requestLimits(REQUEST_BYTES_MAX, REQUEST_MS), (request, response) => {
    response.on('error', () => undefined); // who left hears nothing
    const refusal = refused(request);
    if (refusal !== undefined) answer(response, refusal, 'text/plain', '');
    else if (request.method === 'POST') void takeReport(options.desk, token, request, response);
    else if (request.url === '/stream') streams.add(response);
    else {
      const file = files.get(request.url ?? '');
      if (file === undefined) answer(response, 404, 'text/plain', '');
      else answer(response, 200, file.type, file.text);
    }
  });
  const served = await listen(server, {
    port: options.port,
    address: HOST,
    connectionsMax: CONNECTIONS_MAX,
    stuckMs: 2 * REQUEST_MS, // also for who takes no answer; a stream says something more often
    onError: (error) => options.log.warn('screen not served', { error }),
  });
  return {
    port: served.port,
    close: () => {
      streams.close();
      return served.close();
    },
  };
}

/** The status of a request that gets no answer: another method, or a page of another host or name that leads here. */
function refused({ method, url, headers, socket }: IncomingMessage): number | undefined {
  if (method !== (url === '/report' ? 'POST' : 'GET')) return 405;
  const { host = '', origin } = headers;
  if (host !== `${HOST}:${socket.localPort}` && host !== `localhost:${socket.localPort}`) return 421;
  const site = headers['sec-fetch-site'] ?? 'none';
  const isOwn = (origin === undefined || origin === `http://${host}`) && OWN_SITES.includes(site);
  return isOwn ? undefined : 403;
}

/** Answers a report with its status. The connection of one that is refused before it was read ends with the answer. Never rejects. */
async function takeReport(
  desk: ReportDesk | undefined,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers, socket } = request;
  const isOwn = headers.origin !== undefined && socket.remoteAddress === HOST;
  if (desk === undefined || !isOwn || !isSame(String(headers['x-bodydock-token'] ?? ''), token))
    return endWith(request, response, 403);
  if (headers['content-type'] !== 'application/json') return endWith(request, response, 415);
  const body = await bodyOf(request);
  if (typeof body === 'number') return endWith(request, response, body);
  answer(response, await desk.take(body), 'text/plain', '');
}

/** In a time that does not say how far two texts agree. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The text, or the status of one that is too long or breaks off. */
async function bodyOf(request: IncomingMessage): Promise<string | 400 | 413> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) return 413;
      pieces.push(piece);
    }
  } catch {
    return 400;
  }
  return Buffer.concat(pieces).toString('utf8');
}

function endWith(request: IncomingMessage, response: ServerResponse, status: number): void {
  response.setHeader('connection', 'close');
  answer(response, status, 'text/plain', '');
  request.resume();
}

/** Of the page itself, or typed by somebody. */
const OWN_SITES: readonly string[] = ['same-origin', 'none'];

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  const allow = status === 405 && { allow: response.req.url === '/report' ? 'POST' : 'GET' };
  response.writeHead(status, { ...HEADERS, ...allow, 'content-type': `${type}; charset=utf-8` }).end(text);
}

/** By path. */
function pageFiles(
  { phone, version, language, desk }: ScreenOptions,
  token: string,
): Map<string, { type: string; text: string }> {
  const tables = { en: SCREEN_EN, de: SCREEN_DE };
  const texts = LANGUAGES.map((each) => {
    const words = tables[each];
    const help = words['do.call-someone'];
    const called = { call: filled(words.call, { phone: phone ?? '' }), help: `${help} ${words['do.call']}` };
    const { call, help: toDo } = phone === null ? { call: '', help } : called;
    return [each, { ...words, call, 'do.call-someone': toDo }] as const;
  });
  const asked = desk?.questions.questions ?? [];
  const places = {
    language,
    version,
    token: desk === undefined ? '' : token,
    questions: attribute(JSON.stringify(asked)),
    texts: attribute(JSON.stringify(Object.fromEntries(texts))),
  };
  const read = (name: string): string => shippedFile(`agent/screen/page/${name}`).toString('utf8');
  return new Map([
    ['/', { type: 'text/html', text: filled(read('screen.html'), places) }],
    ['/screen.css', { type: 'text/css', text: read('screen.css') }],
    ['/screen.js', { type: 'text/javascript', text: read('screen.js') }],
  ]);
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** One that listens. Only the newest view is ever sent to it, and none while it has not taken the one before. */
interface Listener {
  readonly response: ServerResponse;
  said: string;
  stuckLooks: number;
}

/** All streams: looks while there is one, and says what is new. */
class Streams {
  readonly #options: Pick<ScreenOptions, 'view' | 'version' | 'clock' | 'log'>;
  readonly #listeners = new Set<Listener>();
  #cancel: (() => void) | undefined;
  #quietMs = 0;
  #failed = false;
  #newest = '';

  constructor(options: Pick<ScreenOptions, 'view' | 'version' | 'clock' | 'log'>) {
    this.#options = options;
  }

  add(response: ServerResponse): void {
    if (this.#listeners.size >= STREAMS_MAX) return answer(response, 503, 'text/plain', '');
    const listener: Listener = { response, said: '', stuckLooks: 0 };
    this.#listeners.add(listener);
    response.on('close', () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    });
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    response.write(`event: version\ndata: ${this.#options.version}\n\n`);
    if (this.#cancel === undefined) this.#look();
    else if (this.#newest !== '') say(listener, this.#newest);
  }

  close(): void {
    this.#stop();
    for (const { response } of this.#listeners) response.destroy();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#newest = '';
  }

  #look(): void {
    this.#cancel = this.#options.clock.after(LOOK_MS, () => this.#look());
    this.#newest = this.#view() ?? this.#newest;
    this.#quietMs += LOOK_MS;
    const isAliveDue = this.#quietMs >= ALIVE_MS;
    if (isAliveDue) this.#quietMs = 0;
    for (const listener of this.#listeners) {
      if (listener.response.writableNeedDrain) {
        if (++listener.stuckLooks >= LOOKS_STUCK_MAX) listener.response.destroy();
        continue;
      }
      listener.stuckLooks = 0;
      if (listener.said !== this.#newest) say(listener, this.#newest);
      else if (isAliveDue && !this.#failed) listener.response.write('event: alive\ndata:\n\n');
    }
  }

  /** Undefined where it cannot be made: the pages then say that they hear nothing. */
  #view(): string | undefined {
    try {
      const text = JSON.stringify(this.#options.view());
      this.#failed = false;
      return text;
    } catch (error) {
      if (!this.#failed) this.#options.log.warn('screen not updated', { error });
      this.#failed = true;
      return undefined;
    }
  }
}

function say(listener: Listener, text: string): void {
  listener.said = text;
  listener.response.write(`data: ${text}\n\n`);
}
