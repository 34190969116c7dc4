// A camera that speaks SMP, packet for packet: takes a request, gives the answer. What the line does to both is smp-camera-line's business.
//
// Invariants:
// 1. A file goes only by command 2 of group 66 with the SHA-256 that the camera computed itself.
// 2. An answer never takes more than `bufSize`, except a list's single item that alone is longer.
import { isDockError } from '../../protocol/format/errors.ts';
import type { CameraCondition, CameraIdentity } from '../driver.ts';
import {
  packetOf,
  parseHeader,
  parseMap,
  RC_INVALID,
  RC_NO_ENTRY,
  RC_NOT_SUPPORTED,
  RC_TOO_NEW,
  SMP_HEADER_BYTES,
  type SmpHeader,
  type SmpMap,
} from '../serial/smp/packet.ts';
import type { SettableClock } from './clock.ts';
import type { SmpFiles } from './smp-files.ts';
import {
  mcumgrCbor,
  smpCameraGroup,
  type SmpErasing,
  smpFileGroup,
  type SmpGroup,
  smpOsGroup,
  type SmpReply,
} from './smp-groups.ts';

/** MCUmgr's usual buffers over a serial line. */
const BUF_SIZE = 2048;
const BUF_COUNT = 4;

export const SMP_IDENTITY: CameraIdentity = {
  vendor: 'Simulated',
  model: 'Serial',
  serial: 'SIM-0001',
  firmware: '1.0',
};

export interface SmpCameraWish {
  readonly files: SmpFiles;
  readonly identity?: CameraIdentity;
  /** undefined: it has no clock that it tells. */
  readonly clock?: SettableClock;
  readonly condition?: CameraCondition;
  /** SMP v1 (0) or v2 (1, unless told otherwise): the highest that it knows. */
  readonly version?: 0 | 1;
  /** Units: bytes of header and data. */
  readonly bufSize?: number;
  /** Requests at a time. */
  readonly bufCount?: number;
  /** False: it does not know the command that tells the two. */
  readonly tellsBuffers?: boolean;
  readonly hashTypes?: readonly ('sha256' | 'crc32')[];
  /** Commands that it does not know, such as "8/1". */
  readonly without?: readonly string[];
  /** Length of a download's answer at an offset, where `most` bytes would fit; the most unless told otherwise. */
  readonly lengthAt?: (off: number, most: number) => number;
  /** False: it has no light of its own. */
  readonly hasIndicator?: boolean;
}

export class SmpCamera {
  readonly bufSize: number;
  readonly bufCount: number;
  /** What a misbehaving camera makes of an erasure. */
  erasing: SmpErasing = 'honest';
  /** What it was told last. */
  indicator: 'wait' | 'safe' | 'help' | undefined;
  usbMode: 'charge' | 'storage' | 'mtp' = 'charge';
  condition: CameraCondition | null;
  /** Times that it was told to reset. */
  resets = 0;
  readonly #version: 0 | 1;
  readonly #without: ReadonlySet<string>;
  readonly #groups: ReadonlyMap<number, SmpGroup>;

  constructor(wish: SmpCameraWish) {
    const { files, bufSize = BUF_SIZE, bufCount = BUF_COUNT, hashTypes = ['sha256', 'crc32'] } = wish;
    this.bufSize = bufSize;
    this.bufCount = bufCount;
    this.condition = wish.condition ?? null;
    this.#version = wish.version ?? 1;
    this.#without = new Set(wish.without);
    const parameters = wish.tellsBuffers === false ? undefined : { bufSize, bufCount };
    this.#groups = new Map([
      [0, smpOsGroup({ clock: wish.clock, parameters, onReset: () => this.resets++ })],
      [8, smpFileGroup({ files, hashTypes, lengthAt: wish.lengthAt ?? ((_, most) => most) })],
      [66, smpCameraGroup({ ...this.#doings(wish), files, identity: wish.identity ?? SMP_IDENTITY })],
    ]);
  }

  /** The answer to a request, or undefined for what is none. Errors: those of the files port. */
  async answer(packet: Uint8Array): Promise<Uint8Array | undefined> {
    const header = parseHeader(packet);
    if (header === undefined || (header.op !== 'read' && header.op !== 'write')) return undefined;
    const isTooNew = header.version > this.#version;
    const reply = isTooNew
      ? RC_TOO_NEW
      : await this.#reply(header, header.op, packet.subarray(SMP_HEADER_BYTES));
    const version = isTooNew ? this.#version : header.version;
    const op = header.op === 'read' ? 'read-answer' : 'write-answer';
    return packetOf({ ...header, version, op }, mcumgrCbor(mapOf(reply, version, header.group)));
  }

  async #reply(header: SmpHeader, op: 'read' | 'write', data: Uint8Array): Promise<SmpReply> {
    const group = this.#groups.get(header.group);
    if (group === undefined || this.#without.has(`${header.group}/${header.command}`))
      return RC_NOT_SUPPORTED;
    let map: SmpMap;
    try {
      map = parseMap(data);
    } catch (error) {
      if (isDockError(error, 'smp.malformed')) return RC_INVALID;
      throw error;
    }
    return group({ op, command: header.command, map, room: this.bufSize - SMP_HEADER_BYTES });
  }

  #doings({
    hasIndicator = true,
  }: SmpCameraWish): Pick<
    Parameters<typeof smpCameraGroup>[0],
    'condition' | 'erasing' | 'onIndicator' | 'onUsbMode'
  > {
    return {
      condition: () => this.condition,
      erasing: () => this.erasing,
      onIndicator: (state) => {
        if (hasIndicator) this.indicator = state;
        return hasIndicator;
      },
      onUsbMode: (mode) => {
        this.usbMode = mode;
        return true;
      },
    };
  }
}

/** Source: Zephyr, file management group: "file not found". */
const FILES_NOT_FOUND = 3;

/** As devices do it: SMP's own codes as `rc` in both versions, those of a group as `err` in version 2 (SPEC 11.2). */
function mapOf(reply: SmpReply, version: 0 | 1, group: number): SmpMap {
  if (typeof reply !== 'number') return reply;
  if (version === 0 || reply === RC_NOT_SUPPORTED) return { rc: reply };
  if (group === 66) return { err: { group, rc: reply } };
  return group === 8 && reply === RC_NO_ENTRY ? { err: { group, rc: FILES_NOT_FOUND } } : { rc: reply };
}
