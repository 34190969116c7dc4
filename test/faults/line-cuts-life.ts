// One upload after the other between real programs and a real mosquitto, both of whose connections go through proxies that can cut them
// after any byte. Each upload begins with new connections on both sides, so that a number of bytes is a place in it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import type { RigWish } from '../fakes/dock-rig-config.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { openShippedMosquitto } from '../fakes/shipped-mosquitto.ts';
import { TcpProxy, type Direction, type PlannedCut } from '../fakes/tcp-proxy.ts';
import { TestAuthority } from '../fakes/tls.ts';
import { faultsOf } from './life/verdict.ts';

const MIB = 1024 * 1024;
/** More than a window: anybody who begins again is seen. */
export const UPLOAD_BYTES = 24 * MIB;
/** Beside it, so that a cut falls between two recordings too. */
const SMALL_BYTES = 3000;
/** Reconnecting and offering again wait a minute at most, each. */
const LIFE_MS = 180_000;

/** Which connection is cut: that of the station with its broker, or that of the receiver. */
export type Link = 'station' | 'receiver';

/** Bytes of both directions of one link. */
export type LinkBytes = Readonly<Record<Direction, number>>;

/** Rig, broker and proxies; any number of uploads, one after the other. */
export class LineLives {
  readonly rig: DockRig;
  readonly lines: Readonly<Record<Link, TcpProxy>>;
  readonly #closing: readonly (() => Promise<unknown>)[];
  readonly #random = seededRandom(31);
  #uploads = 0;

  private constructor(
    rig: DockRig,
    lines: Readonly<Record<Link, TcpProxy>>,
    closing: readonly (() => Promise<unknown>)[],
  ) {
    this.rig = rig;
    this.lines = lines;
    this.#closing = closing;
  }

  /** Over TLS with the configuration that is shipped, or without. */
  static async open(isTls: boolean): Promise<LineLives> {
    const closing: (() => Promise<unknown>)[] = [];
    const authority = isTls ? await TestAuthority.open() : undefined;
    if (authority !== undefined) closing.push(() => authority.close());
    const broker = authority === undefined ? await Mosquitto.open() : await openShippedMosquitto(authority);
    closing.push(() => broker.stop());
    const station = await TcpProxy.open(broker.port);
    closing.push(() => station.close());
    const receiver = await TcpProxy.open(broker.port);
    closing.push(() => receiver.close());
    const rig = await DockRig.open({
      broker,
      keepHours: 0,
      agentPort: async () => station.port,
      receiverPort: async () => receiver.port,
      ...(authority === undefined ? {} : await certificates(authority)),
    });
    closing.push(() => rig.close());
    return new LineLives(rig, { station, receiver }, closing);
  }

  async close(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close();
  }

  get uploads(): number {
    return this.#uploads;
  }

  /** Puts a large and a small recording on the camera and waits until both are erased. Resolves with the bytes that the station sent and got. */
  async live(cut?: { readonly link: Link; readonly plan: PlannedCut }): Promise<Record<Link, LinkBytes>> {
    const { rig, lines } = this;
    const name = String(++this.#uploads).padStart(4, '0');
    const block = this.#random.bytes(MIB);
    await rig.ledger.putLarge('cam-1', rig.camera(), `${name}-LONG.MP4`, {
      block,
      count: UPLOAD_BYTES / MIB,
    });
    await rig.put(1, `${name}-SHORT.MP4`, this.#random.bytes(SMALL_BYTES));
    const before = { station: { ...lines.station.bytes }, receiver: { ...lines.receiver.bytes } };
    if (cut !== undefined) lines[cut.link].plan(cut.plan);
    rig.receiver.launch();
    rig.agent.launch();
    await rig.untilEmptied(1, LIFE_MS);
    for (const line of Object.values(lines)) line.plan(undefined);
    const sent = {
      station: since(lines.station.bytes, before.station),
      receiver: since(lines.receiver.bytes, before.receiver),
    };
    await rig.stop();
    return sent;
  }

  /** One sentence for each thing that is wrong with all uploads so far; both programs have ended. */
  async problems(): Promise<string[]> {
    const programs = [this.rig.agent, this.rig.receiver];
    const { problems, recordings, onCameras } = this.rig.check([], false);
    const all = [...problems, ...faultsOf(programs)];
    if (recordings !== 2 * this.#uploads)
      all.push(`${recordings} recordings are in the vault, not ${2 * this.#uploads}`);
    if (onCameras > 0) all.push(`${onCameras} files are on the camera`);
    const left = await unfinished(join(this.rig.vault, '.incoming', STATION));
    if (left > 0) all.push(`${left} unfinished recordings are in the vault`);
    for (const { logFile } of programs.filter((each) => each.log().includes('handler failed')))
      all.push(`${logFile}: a handler failed`);
    return all;
  }
}

async function certificates(
  authority: TestAuthority,
): Promise<Pick<RigWish, 'agentTls' | 'receiverTls' | 'viewTls'>> {
  // One after the other: openssl's authority keeps its list in a file without a lock.
  const station = await authority.issue({ commonName: STATION, kind: 'client' });
  const receiver = await authority.issue({ commonName: 'r-archive', kind: 'client' });
  const files = ({ certFile, keyFile }: typeof station) => ({ caFile: authority.caFile, certFile, keyFile });
  return { agentTls: files(station), receiverTls: files(receiver) };
}

function since(now: LinkBytes, before: LinkBytes): LinkBytes {
  return { up: now.up - before.up, down: now.down - before.down };
}

/** Recordings of which pieces lie there. */
async function unfinished(folder: string): Promise<number> {
  const names = await readdir(folder).catch((): string[] => []);
  const inside = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return (await stat(path)).isDirectory() ? readdir(path, { recursive: true }) : [];
    }),
  );
  return inside.filter((all) => all.some((name) => name.endsWith('payload.age'))).length;
}
