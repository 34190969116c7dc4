// A server as an active agent of Zabbix sees it: tells it which items to watch, and keeps what it reports of each.
// Source: Zabbix manual 7.0, appendices "Header" and "Zabbix agent 2 protocol".
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { inflateSync } from 'node:zlib';

const HEADER_BYTES = 13;
const FLAG_PLAIN = 0x01;
const FLAG_COMPRESSED = 0x02;
const MESSAGE_BYTES_MAX = 1024 * 1024;

interface Message {
  readonly request?: string;
  readonly data?: readonly {
    readonly itemid?: number;
    readonly value?: string;
    readonly state?: number;
  }[];
}

/** One value of an item, or the error in place of it. */
export interface ReportedValue {
  readonly key: string;
  readonly value: string;
  readonly isSupported: boolean;
}

/** Listens on loopback until it is closed. */
export class ZabbixServer {
  readonly reported: ReportedValue[] = [];
  readonly #keys: readonly string[];
  readonly #server: Server;

  private constructor(keys: readonly string[]) {
    this.#keys = keys;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** `keys`: items with their macros filled in. */
  static async open(keys: readonly string[]): Promise<ZabbixServer> {
    const server = new ZabbixServer(keys);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }

  #serve(socket: Socket): void {
    let come = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      come = Buffer.concat([come, chunk]);
      if (come.length > MESSAGE_BYTES_MAX) return void socket.destroy();
      if (come.length < HEADER_BYTES || come.length < HEADER_BYTES + come.readUInt32LE(5)) return undefined;
      const bytes = come.subarray(HEADER_BYTES, HEADER_BYTES + come.readUInt32LE(5));
      const text = ((come[4] ?? 0) & FLAG_COMPRESSED) === 0 ? bytes : inflateSync(bytes);
      return void socket.end(framed(this.#answer(JSON.parse(text.toString('utf8')) as Message)));
    });
  }

  #answer({ request, data = [] }: Message): object {
    if (request === 'active checks') return { response: 'success', config_revision: 1, data: this.#items() };
    for (const { itemid, value, state } of data)
      this.reported.push({
        key: this.#keys[(itemid ?? 0) - 1] ?? '',
        value: value ?? '',
        isSupported: state === undefined || state === 0,
      });
    return { response: 'success', info: 'processed' };
  }

  /** "0": the agent reports whenever the item says something. */
  #items(): object[] {
    const told = { delay: '0', lastlogsize: 0, mtime: 0, timeout: '3s' };
    return this.#keys.map((key, at) => ({ key, itemid: at + 1, ...told }));
  }
}

function framed(document: object): Buffer {
  const text = Buffer.from(JSON.stringify(document));
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('ZBXD');
  header[4] = FLAG_PLAIN;
  header.writeUInt32LE(text.length, 5);
  return Buffer.concat([header, text]);
}
