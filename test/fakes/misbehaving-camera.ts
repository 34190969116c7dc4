// Cameras that break the promises of the driver port on purpose: a session or driver of any kind, with switches.
import type {
  CameraCondition,
  CameraTime,
  ClockSetting,
  CameraIdentity,
  CameraSession,
  Driver,
  EraseOutcome,
  Inventory,
  InventoryEntry,
  Piece,
} from '../../drivers/driver.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

/** Calls that count for `detachAtCall` and `hangAt`. */
export type CameraCall = 'identity' | 'clock' | 'condition' | 'inventory' | 'read' | 'erase';

/** What the camera does wrong. Set and reset at any time, also in the middle of a read; all off unless set. */
export interface Misdeeds {
  /** The plug is pulled at the k-th call of the session (1 is the first) and stays out. */
  detachAtCall?: number;
  /** The plug is pulled when so many bytes of one read have passed. */
  detachAtByte?: number;
  /** Calls of this name never answer until they are aborted. */
  hangAt?: CameraCall;
  /** Pause before every piece, on the clock given to `misbehave`. */
  pieceMs?: number;
  /** So many bytes more come than were listed, and the read ends as if all were well. */
  growBytes?: number;
  /** So many bytes less come, and the read ends as if all were well. */
  shortBytes?: number;
  /** Every read from the n-th on (0 is the first) has its byte at this offset of the file flipped. */
  flip?: { readonly fromRead: number; readonly atByte: number };
  /** Erasing says "done" and does nothing. */
  eraseLies?: boolean;
  /** Erasing says "refused" and does it. */
  eraseDenies?: boolean;
  /** A call throws this in place of its result, once. */
  failOnce?: { readonly call: CameraCall; readonly error: Error };
  /** The inventory as the camera wants it to look. */
  changeInventory?: (inventory: Inventory) => Inventory;
}

/** A driver whose sessions all misbehave in the same way, as the switches are at that moment. */
export function misbehavingDriver(driver: Driver, misdeeds: Misdeeds, clock: Clock): Driver {
  return {
    name: driver.name,
    probe: (place, signal) => driver.probe(place, signal),
    open: async (place, signal) => misbehave(await driver.open(place, signal), misdeeds, clock),
  };
}

export function misbehave(session: CameraSession, misdeeds: Misdeeds, clock: Clock): MisbehavingSession {
  return new MisbehavingSession(session, misdeeds, clock);
}

/** A session that passes everything on to the given one, and breaks what the switches say. */
export class MisbehavingSession implements CameraSession {
  readonly #session: CameraSession;
  readonly #misdeeds: Misdeeds;
  readonly #clock: Clock;
  #isDetached = false;
  #calls = 0;
  #reads = 0;

  constructor(session: CameraSession, misdeeds: Misdeeds, clock: Clock) {
    this.#session = session;
    this.#misdeeds = misdeeds;
    this.#clock = clock;
  }

  get hasStationTimes(): boolean {
    return this.#session.hasStationTimes === true;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    await this.#before('identity', signal);
    return this.#session.identity(signal);
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    await this.#before('clock', signal);
    return this.#session.readClock(signal);
  }

  async setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting> {
    await this.#before('clock', signal);
    return this.#session.setClock(to, signal);
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    await this.#before('condition', signal);
    return this.#session.condition(signal);
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    await this.#before('inventory', signal);
    const inventory = await this.#session.inventory(signal);
    return this.#misdeeds.changeInventory?.(inventory) ?? inventory;
  }

  async *read(
    entry: InventoryEntry,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void, undefined> {
    const read = this.#reads++;
    await this.#before('read', signal);
    let passed = 0;
    for await (const piece of this.#wrongLength(entry, offset, signal)) {
      if (this.#misdeeds.pieceMs !== undefined) await this.#clock.sleep(this.#misdeeds.pieceMs, signal);
      if (this.#misdeeds.hangAt === 'read') await hang(signal);
      this.#flipIn(piece, offset + passed, read);
      const { detachAtByte = Infinity } = this.#misdeeds;
      const size = piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
      if (passed + size > detachAtByte) {
        if (piece.kind === 'bytes' && detachAtByte > passed) {
          yield { kind: 'bytes', bytes: new Uint8Array(piece.bytes.subarray(0, detachAtByte - passed)) };
        }
        throw this.#detach();
      }
      passed += size;
      yield piece;
    }
  }

  async erase(entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array): Promise<EraseOutcome> {
    await this.#before('erase', signal);
    if (this.#misdeeds.eraseLies === true) return 'done';
    const outcome = await this.#session.erase(entry, signal, sha256);
    return this.#misdeeds.eraseDenies === true ? 'refused' : outcome;
  }

  get overlapBytes(): number | undefined {
    return this.#session.overlapBytes;
  }

  get ownSha256(): CameraSession['ownSha256'] {
    return this.#session.ownSha256?.bind(this.#session);
  }

  get goneOf(): CameraSession['goneOf'] {
    return this.#session.goneOf?.bind(this.#session);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #before(call: CameraCall, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#calls++;
    if (this.#isDetached || this.#calls >= (this.#misdeeds.detachAtCall ?? Infinity)) throw this.#detach();
    const { failOnce } = this.#misdeeds;
    if (failOnce?.call === call) {
      delete this.#misdeeds.failOnce;
      throw failOnce.error;
    }
    if (this.#misdeeds.hangAt === call && call !== 'read') await hang(signal);
  }

  #detach(): DockError {
    this.#isDetached = true;
    return new DockError('driver.detached', 'the camera left', { retry: 'later' });
  }

  /** The honest pieces, cut or lengthened at the end. */
  async *#wrongLength(
    entry: InventoryEntry,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void> {
    const { growBytes = 0, shortBytes = 0 } = this.#misdeeds;
    let left = entry.sizeBytes - offset - shortBytes;
    for await (const piece of this.#session.read(entry, offset, signal)) {
      if (piece.kind === 'unreadable' || piece.bytes.length <= left) yield piece;
      else if (left > 0) yield { kind: 'bytes', bytes: new Uint8Array(piece.bytes.subarray(0, left)) };
      left -= piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
    }
    if (growBytes > 0) yield { kind: 'bytes', bytes: new Uint8Array(growBytes) };
  }

  #flipIn(piece: Piece, at: number, read: number): void {
    const { flip } = this.#misdeeds;
    if (flip === undefined || read < flip.fromRead || piece.kind !== 'bytes') return;
    const index = flip.atByte - at;
    const byte = piece.bytes[index];
    if (byte !== undefined) piece.bytes[index] = byte ^ 0x01;
  }
}

/** Names that a hostile card can give a file, as path bytes. */
export function hostilePaths(): Uint8Array[] {
  const texts = [
    '../../etc/x',
    '/x',
    'C:\\x',
    'a\0b.MP4',
    'new\nline.MP4',
    '\u001b[2J.MP4',
    '',
    '.',
    '..',
    'a/../b.MP4',
    'a//b.MP4',
    'x'.repeat(255),
    '\u202eabc.MP4',
    '\u{1f4f9}.MP4',
    '__proto__',
    'constructor/MP4',
  ];
  return [...texts.map((text) => Buffer.from(text)), Buffer.from([0xff, 0xfe, 0x2e, 0x4d, 0x50, 0x34])];
}

/** An inventory that names its first entry twice, as a camera with a damaged table does. */
export function withDuplicate(inventory: Inventory): Inventory {
  return { ...inventory, entries: [...inventory.entries.slice(0, 1), ...inventory.entries] };
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
