// Learns which USB port is which bay: a technician puts a camera into one bay after the other, the kernel's tables tell the port. No device
// is opened.
//
// Invariants:
// 1. A bay is learned only from one device that came alone, stayed for SETTLE_MS and is a camera by what it shows.
// 2. No socket is two bays; what was plugged in before counts once it was taken out and put in again.
import type { BayConfig } from '../../config/station-config.ts';
import { BAYS_MAX } from '../../config/station-schema.ts';
import type { UsbDeviceFacts, UsbDevices } from '../../drivers/usb/device.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { type BaysWords, deviceText, socketText, usbVerdict, verdictText } from './bays-ports.ts';

const LOOK_MS = 250;
/** Interfaces come a little after their device, and the second of two that were put in together a little after the first. */
const SETTLE_MS = 1500;

/** A port that is a bay from now on; `camera` as the file has it for that port. */
export interface LearnedBay {
  readonly id: string;
  readonly usbPort: string;
  readonly camera: string | null;
}

export interface LearnOptions {
  readonly devices: UsbDevices;
  readonly clock: Clock;
  /** Bays of the file: one on the same port keeps its id and camera. */
  readonly known: readonly BayConfig[];
  readonly words: BaysWords;
  readonly say: (line: string) => void;
  /** Ends it: whoever stands there is done. */
  readonly finish: AbortSignal;
}

/** The bays in the order in which they were shown. Resolves when `finish` is aborted, or with BAYS_MAX bays. Errors: the system's. */
export async function learnBays(options: LearnOptions): Promise<LearnedBay[]> {
  const learner = new Learner(options);
  await learner.run();
  return learner.learned;
}

class Learner {
  readonly #options: LearnOptions;
  readonly learned: LearnedBay[] = [];
  #seen = new Map<string, string>();

  constructor(options: LearnOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { words, say, finish } = this.#options;
    say(words('begin'));
    const there = await this.#list();
    this.#seen = addresses(there);
    const cameras = there.filter((device) => usbVerdict(device).kind === 'camera');
    if (cameras.length > 0)
      say(
        words('already', {
          devices: cameras.map((device) => `${device.portPath} ${deviceText(device, words)}`).join(', '),
        }),
      );
    while (!finish.aborted && this.learned.length < BAYS_MAX) {
      say(this.#question());
      const come = await this.#arrivals();
      if (come !== undefined) await this.#judge(come);
    }
  }

  /** Names what a bay will be: the labels on the dock are written by it. */
  #question(): string {
    const { words, known } = this.#options;
    const left = known.filter(({ id, usbPort }) => usbPort !== null && !this.#isLearned(id));
    if (left.length === 0) return words('next', { bay: this.#nextId() });
    return words('nextKnown', { bays: left.map(({ id }) => id).join(', '), bay: this.#nextId() });
  }

  #isLearned(id: string): boolean {
    return this.learned.some((bay) => bay.id === id);
  }

  /** The devices that came since the last look and stayed; undefined where it is finished. */
  async #arrivals(): Promise<readonly UsbDeviceFacts[] | undefined> {
    const { clock, finish } = this.#options;
    try {
      for (;;) {
        const now = await this.#list();
        if (now.some((device) => this.#isNew(device))) break;
        this.#seen = addresses(now);
        await clock.sleep(LOOK_MS, finish);
      }
      await clock.sleep(SETTLE_MS, finish);
    } catch (error) {
      if (finish.aborted) return undefined;
      throw error;
    }
    const settled = await this.#list();
    const come = settled.filter((device) => this.#isNew(device));
    this.#seen = addresses(settled);
    return come;
  }

  async #judge(come: readonly UsbDeviceFacts[]): Promise<void> {
    const { words, say, devices } = this.#options;
    const [device] = come;
    if (device === undefined) return say(words('gone'));
    const { portPath } = device;
    if (come.length > 1)
      return say(words('several', { ports: come.map((each) => each.portPath).join(', ') }));
    const verdict = usbVerdict(device);
    if (verdict.kind !== 'camera')
      return say(
        words('noCamera', {
          port: portPath,
          device: deviceText(device, words),
          why: verdictText(verdict, words),
        }),
      );
    const ports = await devices.portsOf(portPath);
    const isHere = ({ usbPort }: { readonly usbPort: string | null }): boolean =>
      usbPort !== null && ports.includes(usbPort);
    const socket = socketText({ port: portPath, otherPort: ports[1] ?? null });
    const earlier = this.learned.find(isHere);
    if (earlier !== undefined) return say(words('again', { port: socket, bay: earlier.id }));
    const { known } = this.#options;
    const had = known.find(({ usbPort }) => usbPort === portPath) ?? known.find(isHere);
    const bay = {
      id: had?.id ?? this.#nextId(),
      usbPort: had?.usbPort ?? portPath,
      camera: had?.camera ?? null,
    };
    this.learned.push(bay);
    say(words('learned', { bay: bay.id, port: socket, device: deviceText(device, words) }));
  }

  #nextId(): string {
    const taken = new Set<string>([...this.#options.known, ...this.learned].map(({ id }) => id));
    let number = this.learned.length + 1;
    while (taken.has(`bay-${number}`)) number++;
    return `bay-${number}`;
  }

  #list(): Promise<readonly UsbDeviceFacts[]> {
    return this.#options.devices.list(new AbortController().signal);
  }

  #isNew({ portPath, bus, address }: UsbDeviceFacts): boolean {
    return this.#seen.get(portPath) !== `${bus}.${address}`;
  }
}

function addresses(devices: readonly UsbDeviceFacts[]): Map<string, string> {
  return new Map(devices.map(({ portPath, bus, address }) => [portPath, `${bus}.${address}`]));
}
