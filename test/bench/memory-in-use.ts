// Brings the machine's memory into the state of one that has run for a day: nearly none is free, the page cache has the rest. What is free is
// not the same everywhere: a virtual machine may have given it back to its host, and anybody who touches it first pays for getting it again. On
// such a machine a gigabyte cost 1.5 to 2.7 CPU seconds at the first write and 0.2 at the second one, into pages that were just given back (`time
// dd if=/dev/zero of=FILE bs=512k count=2048`, twice): as much as all that a party does with it.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
const PIECE_BYTES = 4 * MIB;
/**
 * Below what a system keeps for itself, so that as much is read as may be. On a virtual machine with 24 GiB, which keeps 5 % free: where reading
 * ended at 6 % a docking of ours cost 7.1 to 7.8 CPU seconds a GB behind it, and 6.0 to 6.4 where all memory was read twice; six dockings each.
 */
const FREE_SHARE_MAX = 0.015;
/** Of all memory, read at most. */
const READ_TIMES_MAX = 2;
/** Of all memory: less is no change of what is free. */
const NOISE_SHARE = 0.01;
/** What the system keeps free goes round as well: it is read over as often once there is no less of it. */
const KEPT_TIMES = 2;

/** In bytes. */
export interface MachineMemory {
  readonly totalBytes: number;
  /** What no process and no cache has; 0 where the system does not tell. */
  freeBytes(): number;
}

/** This machine. Node's freemem() is what could be had. */
export const MACHINE: MachineMemory = {
  totalBytes: totalmem(),
  freeBytes: () => {
    const kib = /^MemFree:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
    return Number(kib ?? 0) * 1024;
  },
};

/** Reads holes of a sparse file, which costs no disk and leaves pages that the system takes back at once. */
export class MemoryInUse {
  readonly #filler: string;
  /** Goes round: what was read last time may still be there, and reading it again takes nothing. */
  #at = 0;

  readonly #machine: MachineMemory;

  /** `filler` is made here, must stay until the end of the bench, and is removed with the folder that it lies in. */
  constructor(filler: string, machine: MachineMemory = MACHINE) {
    this.#filler = filler;
    this.#machine = machine;
  }

  /** To be called before each repetition: what the one before removed is free again. Errors: the system's; the signal's reason. */
  async bring(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { totalBytes } = this.#machine;
    const mostBytes = Math.ceil((totalBytes * READ_TIMES_MAX) / PIECE_BYTES) * PIECE_BYTES;
    const kept = new KeptFree(this.#machine);
    const file = await open(this.#filler, 'a+');
    try {
      await file.truncate(mostBytes);
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      for (let read = 0; read < mostBytes && kept.isMore(read); read += PIECE_BYTES) {
        signal.throwIfAborted();
        await file.read(piece, 0, PIECE_BYTES, this.#at);
        this.#at = (this.#at + PIECE_BYTES) % mostBytes;
      }
    } finally {
      await file.close();
    }
  }
}

/** Finds out how much the system keeps free whatever is read: a share that nobody tells. */
class KeptFree {
  readonly #machine: MachineMemory;
  #leastBytes = Infinity;
  #leastAtBytes = 0;

  constructor(machine: MachineMemory) {
    this.#machine = machine;
  }

  /** Whether reading on, after so many bytes, leaves less free, or has not yet been over all that is kept. */
  isMore(readBytes: number): boolean {
    const { totalBytes } = this.#machine;
    const freeBytes = this.#machine.freeBytes();
    if (freeBytes <= totalBytes * FREE_SHARE_MAX) return false;
    if (freeBytes < this.#leastBytes - totalBytes * NOISE_SHARE) {
      this.#leastBytes = freeBytes;
      this.#leastAtBytes = readBytes;
    }
    return readBytes - this.#leastAtBytes < KEPT_TIMES * freeBytes;
  }
}
