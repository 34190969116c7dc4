// Answers the page of the office's desk at the store, over mutual TLS (SPEC 7.11): the list of the vault, manifests, sealed bytes, and orders. It has
// no page and no script of its own, opens nothing, and holds no key but the one of its certificate.
//
// Invariants:
// 1. Nothing is answered to who has no certificate of the authority, or one without a role of the desk.
// 2. No byte of a payload goes out before a disclosure about it is durable in the vault (SPEC 4.11).
// 3. Connections, bytes and time of a request, looks and answers under way are bounded.
import { X509Certificate } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TLSSocket } from 'node:tls';
import { DESK_ROLES, type DeskRole } from '../../config/enrolment/authority.ts';
import { readPrivateFile } from '../../config/guarded-file.ts';
import type { DeskConfig } from '../../config/receiver-config.ts';
import { reasonCodeSchema, ROLES } from '../../protocol/documents/order.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { readIfThere } from '../../protocol/format/durable.ts';
import { isAbsent } from '../../protocol/format/errors.ts';
import { isRecordingId, isStationId } from '../../protocol/format/ids.ts';
import { MANIFEST, PAYLOAD, SIGNATURE_SUFFIX } from '../../protocol/format/file-names.ts';
import { MANIFEST_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Clock, Files, Log, Random } from '../../protocol/format/ports.ts';
import { listen, type OpenServer, requestLimits } from '../platform/http-serve.ts';
import { leaveDisclosure } from '../evidence/kit/disclosure.ts';
import type { ListedRecording } from '../evidence/list/vault-list.ts';
import { isRefused } from '../receiver/retention/left-documents.ts';
import { type DeskList, parseQuestion } from './desk-list.ts';
import { type DeskOrders, parseAbout, parseEvaluated, parseSigned, parseWish } from './desk-orders.ts';

const PEM_BYTES_MAX = 256 * 1024;
const REQUEST_BYTES_MAX = 16 * 1024;
const BODY_BYTES_MAX = 1024;
/** Of a signed order: both texts, with what JSON escapes in them. */
const ORDER_BODY_BYTES_MAX = 16 * 1024;
const REQUEST_MS = 10_000;
/** A client that takes nothing for so long is gone. */
const STUCK_MS = 60_000;
/** Places of work of an office, each with the connections of a browser. */
const CONNECTIONS_MAX = 64;
const PAYLOADS_MAX = 16;
/** Orders that are made, signed or listed at a time. */
const ORDERS_MAX = 8;
/** A shift; then the reason is asked again. */
const LOOK_MS = 12 * 3_600_000;
const LOOKS_MAX = 4096;
/** An auditor sees what there is, not what is in it. */
const LOOKING: ReadonlySet<DeskRole> = new Set(DESK_ROLES.filter((role) => role !== 'auditor'));
const PATH =
  /^\/v1\/recordings\/([a-z0-9-]{1,32})\/([a-z2-7]{26})\/(manifest|manifest\.minisig|payload|order)$/;
const ORDERS = '/v1/orders';
const EVALUATIONS = '/v1/evaluations';
const REASON = 'a code of 1 to 64 of a-z, 0-9 and "-", such as the number of the case; no words, no names';

const HEADERS = {
  'content-security-policy': "default-src 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'cross-origin',
  vary: 'origin',
} as const;

export interface DeskParts {
  readonly config: DeskConfig;
  /** Absolute. */
  readonly vault: string;
  readonly list: DeskList;
  readonly orders: DeskOrders;
  readonly files: Files;
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>;
  readonly random: Random;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Who asks, by certificate. */
interface Guest {
  readonly name: string;
  readonly role: DeskRole;
  readonly fingerprint: string;
}

/** A reason that was given, for one recording and one certificate. */
interface Look {
  readonly station: string;
  readonly recording: string;
  readonly fingerprint: string;
  readonly untilMs: number;
}

/** Errors: "key.*"; the system's, where files cannot be read or the port cannot be had; those of TLS. */
export async function openDesk(parts: DeskParts): Promise<OpenServer> {
  const { config, log } = parts;
  const cert = await readFile(config.certFile);
  const desk = new Desk(parts, new X509Certificate(cert));
  const server = createServer(
    {
      cert,
      key: Buffer.from(await readPrivateFile(config.keyFile, PEM_BYTES_MAX)),
      ca: await readFile(config.caFile),
      ...(config.crlFile !== null && { crl: await readFile(config.crlFile) }),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: REQUEST_MS,
      ...requestLimits(REQUEST_BYTES_MAX, REQUEST_MS, STUCK_MS),
    },
    (request, response) => {
      response.on('error', () => undefined); // who left hears nothing
      desk.answer(request, response).catch((error: unknown) => {
        log.warn('question of a desk not answered', { error });
        if (response.headersSent) response.destroy();
        else refuse(response, { status: 503, code: 'desk.failed', message: 'the store cannot answer now' });
      });
    },
  );
  return listen(server, {
    port: config.port,
    address: config.address,
    connectionsMax: CONNECTIONS_MAX,
    stuckMs: STUCK_MS,
    onError: (error) => log.warn('desk not served', { error }),
  });
}

/** A question that is not answered, and why. */
interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Of a 405: the method that is answered there. */
  readonly allow?: string;
}

function refuse(response: ServerResponse, { status, code, message, allow }: Refusal): void {
  if (allow !== undefined) response.setHeader('allow', allow);
  if (status === 416 || status === 429 || status >= 500 || status === 413)
    response.setHeader('connection', 'close');
  sendJson(response, status, JSON.stringify({ code, message }));
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json; charset=utf-8' }).end(text);
}

const NOT_FOUND = {
  status: 404,
  code: 'desk.not-found',
  message: 'the vault has no such recording that verifies',
};

const DELETED = {
  status: 404,
  code: 'desk.deleted',
  message: 'the recording was deleted: only its documents are left',
};

class Desk {
  readonly #parts: DeskParts;
  readonly #own: X509Certificate;
  readonly #looks = new Map<string, Look>();
  #payloads = 0;
  #ordering = 0;

  constructor(parts: DeskParts, own: X509Certificate) {
    this.#parts = parts;
    this.#own = own;
  }

  /** Errors: the system's, of the vault's disk; "disclosure.unwritable". */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origins } = this.#parts.config;
    const { origin } = request.headers;
    if (origin !== undefined && origins.includes(origin)) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-credentials', 'true');
    }
    const url = URL.canParse(request.url ?? '', 'https://desk')
      ? new URL(request.url ?? '', 'https://desk')
      : undefined;
    const guest = guestOf(request);
    const refusal = this.#refusal(request, guest, url);
    if (refusal !== undefined) return refuse(response, refusal);
    if (guest === undefined || url === undefined) return;
    if ([ORDERS, EVALUATIONS].includes(url.pathname) || url.pathname.endsWith('/order'))
      return this.#order(guest, url, request, response);
    if (request.method === 'POST') return this.#look(guest, request, response);
    if (url.pathname === '/v1/recordings') {
      const question = parseQuestion(url.searchParams);
      if (typeof question !== 'string') return sendJson(response, 200, this.#parts.list.answer(question));
      return refuse(response, { status: 400, code: 'desk.question', message: question });
    }
    const [, station = '', recording = '', part] = PATH.exec(url.pathname) ?? [];
    const row = this.#parts.list.row(station, recording);
    if (row === undefined) return refuse(response, NOT_FOUND);
    if (part === 'payload') return this.#payload(guest, row, url, request, response);
    const bytes = await this.#read(row, part === 'manifest' ? MANIFEST : MANIFEST + SIGNATURE_SUFFIX);
    if (bytes === undefined) return refuse(response, NOT_FOUND);
    response.writeHead(200, { ...HEADERS, 'content-type': 'application/octet-stream' }).end(bytes);
  }

  #refusal({ method, headers }: IncomingMessage, guest: Guest | undefined, url?: URL): Refusal | undefined {
    if (guest === undefined)
      return {
        status: 403,
        code: 'desk.role',
        message: 'this certificate names no role of the desk: issue one with `bodydock-receiver ca issue`',
      };
    const { host = '', origin } = headers;
    if (!this.#isOwn(host))
      return {
        status: 421,
        code: 'desk.host',
        message: 'no name or address of the certificate of this desk',
      };
    const isForeign = origin === undefined && headers['sec-fetch-site'] !== undefined;
    if (isForeign || (origin !== undefined && !this.#parts.config.origins.includes(origin)))
      return {
        status: 403,
        code: 'desk.origin',
        message: 'pages from there may not ask: name their origin at desk.origins of receiver.yaml',
      };
    const methods = methodsAt(url?.pathname ?? '');
    if (methods.length === 0)
      return { status: 404, code: 'desk.not-found', message: 'there is nothing at this address' };
    if (!methods.includes(method ?? ''))
      return {
        status: 405,
        code: 'desk.method',
        message: `use ${methods.join(' or ')}`,
        allow: methods.join(', '),
      };
    return undefined;
  }

  #isOwn(host: string): boolean {
    const name = host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1');
    const found = isIP(name) > 0 ? this.#own.checkIP(name) : this.#own.checkHost(name);
    return name !== '' && found !== undefined;
  }

  /** Takes the reason, and leaves the disclosure. */
  async #look(guest: Guest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { list, vault, clock, log } = this.#parts;
    const asked = await askedIn(request);
    if ('status' in asked) return refuse(response, asked);
    const row = list.row(asked.station, asked.recording);
    const manifest = row && (await this.#read(row, MANIFEST));
    if (row === undefined || manifest === undefined) return refuse(response, NOT_FOUND);
    if (!LOOKING.has(guest.role)) return refuse(response, noLook(`role ${guest.role} looks at no recording`));
    if (row.state === 'deleted') return refuse(response, DELETED);
    this.#forget();
    if (this.#looks.size >= LOOKS_MAX)
      return refuse(response, { status: 429, code: 'desk.busy', message: 'too many looks are open' });
    const { station, recording } = row;
    const subject = { station, recording, manifestSha256: sha256Hex(manifest), command: 'open' } as const;
    const disclosure = await leaveDisclosure(
      { kind: 'vault', vault, reason: asked.reason },
      subject,
      this.#parts,
    );
    const look = disclosure?.disclosure ?? '';
    const untilMs = clock.monotonicMs() + LOOK_MS;
    this.#looks.set(look, { station, recording, fingerprint: guest.fingerprint, untilMs });
    log.info('recording looked at', { ...subject, desk: guest.name, role: guest.role, disclosure: look });
    sendJson(response, 201, JSON.stringify({ look }));
  }

  /** Lists orders, makes one, or takes one that a role signed. */
  async #order(guest: Guest, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#ordering >= ORDERS_MAX)
      return refuse(response, { status: 503, code: 'desk.busy', message: 'too many orders are under way' });
    this.#ordering++;
    try {
      const answer = await this.#ordered(guest, url, request);
      if ('code' in answer) return refuse(response, answer);
      sendJson(response, answer.status, JSON.stringify(answer.body));
    } catch (error) {
      if (!isRefused(error)) throw error;
      refuse(response, { status: 409, code: error.code, message: error.message });
    } finally {
      this.#ordering--;
    }
  }

  /** Says who has evaluated a recording, or takes an evaluation that was signed. */
  async #evaluated({ role, name }: Guest, url: URL, request: IncomingMessage): Promise<Answered | Refusal> {
    const { orders, log } = this.#parts;
    const own = role === 'evaluator' ? role : null;
    if (request.method === 'GET') {
      const about = parseAbout(url.searchParams);
      if (about === undefined || about === null) return badQuestion('ask for a station and a recording');
      const keys = await orders.evaluators(about);
      return { status: 200, body: { role: own, evaluations: keys.map((keyId) => ({ key_id: keyId })) } };
    }
    if (own === null) return { status: 403, code: 'desk.role', message: `role ${role} evaluates nothing` };
    const sent = await jsonIn(request, ORDER_BODY_BYTES_MAX);
    if ('code' in sent) return sent;
    const signed = parseEvaluated(sent.json);
    if (signed === undefined) return badQuestion('send {"evaluation", "signature"} as JSON, both texts');
    const { evaluation, keyId, placed } = await orders.takeEvaluation(signed);
    const { station, recording } = evaluation;
    log.info('evaluation taken', { station, recording, key_id: keyId, desk: name, placed });
    return { status: placed ? 201 : 202, body: { placed } };
  }

  async #ordered(guest: Guest, url: URL, request: IncomingMessage): Promise<Answered | Refusal> {
    if (url.pathname === EVALUATIONS) return this.#evaluated(guest, url, request);
    const { orders, list, log } = this.#parts;
    const role = ROLES.find((each) => each === guest.role) ?? null;
    if (request.method === 'GET' && url.pathname === ORDERS) {
      const about = parseAbout(url.searchParams);
      if (about === undefined) return badQuestion('ask for no recording, or for its station and recording');
      return { status: 200, body: { role, orders: await orders.list(about ?? undefined) } };
    }
    if (role === null)
      return { status: 403, code: 'desk.role', message: `role ${guest.role} signs no order` };
    if (request.method === 'GET') {
      const [, station = '', recording = ''] = PATH.exec(url.pathname) ?? [];
      const wish = parseWish(url.searchParams);
      if (wish === undefined || !isStationId(station) || !isRecordingId(recording))
        return badQuestion(`verb: hold, unhold or delete; reason: ${REASON}`);
      return { status: 200, body: await orders.make({ station, recording }, wish) };
    }
    const sent = await jsonIn(request, ORDER_BODY_BYTES_MAX);
    if ('code' in sent) return sent;
    const signed = parseSigned(sent.json);
    if (signed === undefined) return badQuestion('send {"order", "signature"} as JSON, both texts');
    const { order, placed } = await orders.take(role, signed);
    const { order: id, verb, station, recording } = order;
    log.info('order taken', { order: id, verb, station, recording, role, desk: guest.name, placed });
    list.readSoon();
    return { status: placed ? 201 : 202, body: { order: id, placed } };
  }

  #forget(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const [id, { untilMs }] of this.#looks) if (untilMs <= nowMs) this.#looks.delete(id);
  }

  async #payload(
    guest: Guest,
    { station, recording }: ListedRecording,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.#forget();
    const look = this.#looks.get(url.searchParams.get('look') ?? '');
    if (look?.station !== station || look.recording !== recording || look.fingerprint !== guest.fingerprint)
      return refuse(response, noLook('say a reason first: POST /v1/looks'));
    if (this.#payloads >= PAYLOADS_MAX)
      return refuse(response, {
        status: 503,
        code: 'desk.busy',
        message: 'too many recordings are being read',
      });
    this.#payloads++;
    try {
      await sendFile(join(this.#parts.vault, station, recording, PAYLOAD), request.headers.range, response);
    } finally {
      this.#payloads--;
    }
  }

  #read({ station, recording }: ListedRecording, name: string): Promise<Uint8Array | undefined> {
    const { files, vault } = this.#parts;
    return readIfThere(files, join(vault, station, recording, name), MANIFEST_BYTES_MAX);
  }
}

/** An answer in JSON. */
interface Answered {
  readonly status: number;
  readonly body: unknown;
}

function badQuestion(message: string): Refusal {
  return { status: 400, code: 'desk.question', message };
}

function methodsAt(path: string): readonly string[] {
  if (path === ORDERS || path === EVALUATIONS) return ['GET', 'POST'];
  if (path === '/v1/looks') return ['POST'];
  return path === '/v1/recordings' || PATH.test(path) ? ['GET'] : [];
}

function noLook(message: string): Refusal {
  return { status: 403, code: 'desk.no-look', message };
}

/** Undefined where the certificate names no role of the desk. */
function guestOf({ socket }: IncomingMessage): Guest | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject, fingerprint256: fingerprint } = socket.getPeerCertificate();
  const role = DESK_ROLES.find((each) => each === subject?.OU);
  return role === undefined || typeof subject.CN !== 'string'
    ? undefined
    : { name: subject.CN, role, fingerprint };
}

interface Asked {
  readonly station: string;
  readonly recording: string;
  readonly reason: string;
}

async function askedIn(request: IncomingMessage): Promise<Asked | Refusal> {
  const sent = await jsonIn(request, BODY_BYTES_MAX);
  if ('code' in sent) return sent;
  const { station, recording, reason } = (sent.json ?? {}) as Partial<Record<keyof Asked, unknown>>;
  if (typeof station !== 'string' || typeof recording !== 'string' || typeof reason !== 'string')
    return badQuestion('send {"station", "recording", "reason"} as JSON');
  if (reasonCodeSchema.safeParse(reason).success) return { station, recording, reason };
  return { status: 400, code: 'disclosure.reason', message: `the reason is ${REASON}` };
}

async function jsonIn(
  request: IncomingMessage,
  bytesMax: number,
): Promise<{ readonly json: unknown } | Refusal> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Without its end the answer could not go out.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) return { ...badQuestion(`a question has at most ${bytesMax} bytes`), status: 413 };
    pieces.push(piece);
  }
  try {
    return { json: JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown };
  } catch {
    return badQuestion('this is no JSON');
  }
}

/** The file, or the one range of it that is asked for (RFC 9110, 14). */
async function sendFile(path: string, range: string | undefined, response: ServerResponse): Promise<void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (file === undefined) return refuse(response, NOT_FOUND);
  try {
    const { size } = await file.stat();
    const part = rangeOf(range, size);
    if (part === undefined) {
      response.setHeader('content-range', `bytes */${size}`);
      return refuse(response, { status: 416, code: 'desk.range', message: `it has ${size} bytes` });
    }
    const { start, end } = part;
    response.writeHead(range === undefined ? 200 : 206, {
      ...HEADERS,
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      'content-length': end - start,
      ...(range !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
    });
    const bytes = end > start ? file.createReadStream({ start, end: end - 1, autoClose: false }) : [];
    await pipeline(bytes, response).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
        throw error;
    });
  } finally {
    await file.close();
  }
}

/** From `start` up to, not including, `end`; undefined where no byte is there, or several ranges are asked for. */
function rangeOf(range: string | undefined, size: number): { start: number; end: number } | undefined {
  if (range === undefined) return { start: 0, end: size };
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : undefined;
}
