// A desk that answers about a vault, with an authority of its own and a certificate for each who asks.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { request as ask } from 'node:https';
import { join } from 'node:path';
import { DeskList } from '../../../agent/desk/desk-list.ts';
import { DeskOrders, type DeskStore } from '../../../agent/desk/desk-orders.ts';
import { openDesk } from '../../../agent/desk/desk-server.ts';
import type { OpenServer } from '../../../agent/platform/http-serve.ts';
import { listVault } from '../../../agent/evidence/list/vault-list.ts';
import { Calendar } from '../../../agent/evidence/report/calendar.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import {
  type CertificateRole,
  filesOf,
  initAuthority,
  isServer,
  issueCertificate,
  openAuthority,
  revokeName,
} from '../../../config/enrolment/authority.ts';
import { makeCertificateRequest, writeCertificateKey } from '../../../config/enrolment/certificates.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import type { VaultBuilder } from '../../fakes/vault-builder.ts';

export const PAGE = 'https://desk.example.org';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is asked, and as whom: the name of a certificate, or null for none. */
export interface Question {
  readonly as?: string | null;
  readonly method?: string;
  /** Null: none. */
  readonly origin?: string | null;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** A store as its file says it, and the folder of public keys. */
export interface ServedVault {
  readonly store: DeskStore;
  readonly keys: string;
}

/** The store that a built vault is of. */
export function storeOf({ vault, keys, station, stationKeys, receiver, orders }: VaultBuilder): ServedVault {
  return {
    keys,
    store: {
      receiver: receiver.receiver,
      vault: { path: vault, quotaBytes: 0 },
      keys: { signingFile: join(keys, 'store.key') },
      stations: [{ id: station, publicKeys: stationKeys.map(publicKeyOf) }],
      retention: { days: null, documentsDays: null, timerHours: 0 },
      roles: {
        officers: [publicKeyOf(orders.keys.officer)],
        supervisors: [publicKeyOf(orders.keys.supervisor)],
      },
      evaluators: [],
    },
  };
}

export class DeskSample {
  readonly folder: string;
  readonly log = new MemoryLog();
  desk!: OpenServer;
  #ca!: Buffer;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the authority and certificates: of `names`, each a role, and of one that is revoked. */
  static async make(folder: string, names: Readonly<Record<string, CertificateRole>>): Promise<DeskSample> {
    const sample = new DeskSample(folder);
    await mkdir(folder);
    await initAuthority(sample.authority, Date.now());
    await sample.#issue('localhost', 'desk-server');
    for (const [name, role] of Object.entries({ ...names, revoked: 'viewer' as const }))
      await sample.#issue(name, role);
    await revokeName(sample.authority, 'revoked', Date.now());
    sample.#ca = await readFile(filesOf(sample.authority).certFile);
    return sample;
  }

  get authority(): string {
    return join(this.folder, 'authority');
  }
  keyFile(name: string): string {
    return join(this.folder, `${name}-key.pem`);
  }
  certFile(name: string): string {
    return join(this.folder, `${name}.pem`);
  }

  async #issue(name: string, role: CertificateRole): Promise<void> {
    const nowMs = Date.now();
    const key = await writeCertificateKey(this.keyFile(name));
    const request = await makeCertificateRequest(name, { key, file: this.keyFile(name) });
    const hosts = isServer(role) ? [name, '127.0.0.1'] : [];
    const authority = await openAuthority(this.authority, nowMs);
    const issued = await issueCertificate(authority, { request, days: 30, nowMs, role, name, hosts });
    await writeFile(this.certFile(name), issued.toString());
  }

  /** Serves a vault. */
  async serve(
    { store, keys: keysFolder }: ServedVault,
    { origins = [PAGE], clock = nodeClock() }: { origins?: string[]; clock?: Clock } = {},
  ): Promise<void> {
    const { certFile: caFile, crlFile } = filesOf(this.authority);
    const [certFile, keyFile] = [this.certFile('localhost'), this.keyFile('localhost')];
    const config = { address: '127.0.0.1', port: 0, caFile, crlFile, certFile, keyFile, origins };
    const files = nodeFiles();
    const { path: vault } = store.vault;
    const wish = {
      files,
      vault,
      keysFolder,
      calendar: new Calendar('UTC'),
      all: true,
      signal: new AbortController().signal,
    };
    const read = (): ReturnType<typeof listVault> => listVault({ ...wish, nowMs: clock.wallMs() });
    const list = await DeskList.open(read, clock, this.log);
    const ports = { files, clock, random: nodeRandom(), log: this.log };
    const orders = await DeskOrders.open(store, { ...ports, keysFolder, signal: wish.signal });
    this.desk = await openDesk({ config, vault, list, orders, ...ports });
  }

  /** Asks over a connection of its own. Errors: the system's, and those of TLS. */
  async ask(
    path: string,
    { as = 'viewer', origin = PAGE, body, method = 'GET', headers }: Question = {},
  ): Promise<Answer> {
    const own =
      as === null ? {} : { cert: await readFile(this.certFile(as)), key: await readFile(this.keyFile(as)) };
    return new Promise((resolve, reject) => {
      const to = {
        host: 'localhost',
        port: this.desk.port,
        path,
        method,
        agent: false,
        servername: 'localhost',
        ca: this.#ca,
        ...own,
      };
      const request = ask(
        { ...to, headers: { ...(origin !== null && { origin }), ...headers } },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const { statusCode: status = 0, headers: said } = response;
            resolve({ status, headers: said, body: Buffer.concat(pieces) });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }
}
