// Walks a vault of files and counts what it holds. Changes nothing; what does not belong is named, and moved only when it stands in the way of
// an offer (vault-files.ts).
import { join } from 'node:path';
import {
  documentNames,
  itemDocument,
  payloadlessKindIn,
} from '../../../protocol/documents/item-documents.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { isReceiverId, isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import * as names from './vault-layout.ts';
import { unfinishedBytes } from './vault-work.ts';

/** Things that do not belong, and are named one by one. */
const ODD_NAMED_MAX = 20;
/** What else lies in a station's and in a receiver's folder (SPEC 4.4): small documents. */
const STATION_FOLDERS: ReadonlySet<string> = new Set([
  names.DELETIONS,
  names.EVALUATIONS,
  names.KEYS,
  names.ORDERS,
]);
const RECEIVER_FOLDERS: ReadonlySet<string> = new Set([names.KEYS, names.LOG, names.RESTORED, names.WITNESS]);

/** What a walk found. */
export interface VaultCount {
  /** Bytes of payloads, in place and unfinished, of docking records and of custody logs. */
  readonly bytes: number;
  /** ... of each station. */
  readonly stationBytes: ReadonlyMap<string, number>;
  readonly recordings: number;
  readonly dockings: number;
  readonly unfinished: number;
  /** Things that no receiver of this version puts there, and the paths of the first ones below the vault. */
  readonly oddCount: number;
  readonly odd: readonly string[];
}

/** Counts a whole vault. Errors: the system's; the signal's reason. */
export async function countVault(
  files: Files,
  layout: names.VaultLayout,
  signal: AbortSignal,
): Promise<VaultCount> {
  const walk = new Walk(files, signal);
  for (const name of await files.list(layout.root)) {
    const path = join(layout.root, name);
    if (isStationId(name)) await walk.station(name, path);
    else if (isReceiverId(name)) await walk.receiver(name, path);
    else if (!names.OWN_NAMES.has(name) && name !== 'lost+found') walk.odd(name);
  }
  for (const name of await listIfThere(files, layout.incoming))
    if (isStationId(name)) await walk.incoming(name, join(layout.incoming, name));
  return walk.count();
}

class Walk {
  readonly #files: Files;
  readonly #signal: AbortSignal;
  readonly #stationBytes = new Map<string, number>();
  /** Of receivers. */
  #ownBytes = 0;
  #recordings = 0;
  #dockings = 0;
  #unfinished = 0;
  #oddCount = 0;
  readonly #odd: string[] = [];

  constructor(files: Files, signal: AbortSignal) {
    this.#files = files;
    this.#signal = signal;
  }

  count(): VaultCount {
    return {
      bytes: [...this.#stationBytes.values()].reduce((sum, each) => sum + each, this.#ownBytes),
      stationBytes: this.#stationBytes,
      recordings: this.#recordings,
      dockings: this.#dockings,
      unfinished: this.#unfinished,
      oddCount: this.#oddCount,
      odd: this.#odd,
    };
  }

  odd(path: string): void {
    this.#oddCount++;
    if (this.#odd.length < ODD_NAMED_MAX) this.#odd.push(path.slice(0, 200));
  }

  async station(station: string, path: string): Promise<void> {
    for (const name of await this.#list(path)) {
      this.#signal.throwIfAborted();
      if (name === names.CUSTODY) this.#of(station, await this.#custody(join(path, name)));
      else if (isRecordingId(name))
        this.#of(station, await this.#entry(join(station, name), join(path, name)));
      else if (!STATION_FOLDERS.has(name)) this.odd(join(station, name));
    }
  }

  /** What the store says of itself. */
  async receiver(receiver: string, path: string): Promise<void> {
    for (const name of await this.#list(path))
      if (name === names.CUSTODY) this.#ownBytes += await this.#custody(join(path, name));
      else if (!RECEIVER_FOLDERS.has(name)) this.odd(join(receiver, name));
  }

  async incoming(station: string, path: string): Promise<void> {
    for (const recording of await this.#list(path)) {
      this.#signal.throwIfAborted();
      if (!isRecordingId(recording)) continue;
      this.#unfinished++;
      this.#of(station, await unfinishedBytes(this.#files, join(path, recording)));
    }
  }

  #of(station: string, bytes: number): void {
    this.#stationBytes.set(station, bytes + (this.#stationBytes.get(station) ?? 0));
  }

  /** A recording, or a document without payload; gives its bytes. */
  async #entry(shown: string, path: string): Promise<number> {
    const found = await this.#list(path);
    const isRecording = found.includes(names.MANIFEST);
    const kind = isRecording ? undefined : payloadlessKindIn(new Set(found));
    if (kind === 'docking') this.#dockings++;
    if (isRecording) this.#recordings++;
    else if (kind === undefined) this.odd(shown);
    const own = kind === undefined ? names.RECORDING_NAMES : documentNames(kind);
    for (const name of found) if (!own.has(name) && !name.endsWith('.tmp')) this.odd(join(shown, name));
    return this.#sizeOf(join(path, kind === undefined ? names.PAYLOAD : itemDocument(kind).name));
  }

  async #custody(path: string): Promise<number> {
    let bytes = 0;
    for (const name of await this.#list(path)) bytes += await this.#sizeOf(join(path, name));
    return bytes;
  }

  async #sizeOf(path: string): Promise<number> {
    return (await this.#files.stat(path))?.sizeBytes ?? 0;
  }

  /** What is no folder has no names; that it stands where a folder belongs is odd. */
  async #list(path: string): Promise<string[]> {
    if ((await this.#files.stat(path))?.kind === 'folder') return listIfThere(this.#files, path);
    this.odd(path);
    return [];
  }
}
