// A "law enforcement recorder" on a USB port in memory: real bytes in one of the three dialects, and a disk that it shows when it is told to.
// It is written from the facts that are published of the family, apart from the driver: nothing of drivers/ambarella is used here.
import { EventEmitter, once } from 'node:events';
import type { UsbRequest } from '../../../drivers/usb/transport.ts';
import type { UsbInterfaceFacts } from '../../../drivers/usb/device.ts';
import { MemoryCamera } from '../memory-camera.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { KEYBOARD, STILL_IMAGE, type DeviceLook, type UsbDock } from '../usb/dock.ts';
import type { Wire, WiredDevice } from '../usb/wire.ts';
import { answerA } from './speech-a.ts';
import { answerB } from './speech-b.ts';
import { answerC } from './speech-c.ts';
import { noMisdeeds, type Misdeeds, type Step } from './misdeeds.ts';
import type { Answer, Heard, Speaker } from './speech.ts';

export type DialectName = 'a' | 'b' | 'c';

/** Vendor specific, as the family shows itself before it shows its disk. */
export const VENDOR_SPECIFIC: UsbInterfaceFacts = {
  number: 0,
  classCode: 0xff,
  subclassCode: 0,
  protocolCode: 0,
  name: null,
};
/** SCSI over bulk-only transport. */
export const DISK: UsbInterfaceFacts = {
  number: 0,
  classCode: 8,
  subclassCode: 6,
  protocolCode: 0x50,
  name: null,
};

export interface RecorderWish {
  readonly dialect: DialectName;
  /** Where it is plugged in. */
  readonly dock: Pick<UsbDock, 'plug' | 'unplug'>;
  readonly clock: Clock;
  readonly portPath: string;
  /** 6 characters in A, 8 in B; "secret"-like texts that a test looks for everywhere. */
  readonly password: string;
  readonly serial?: string;
  readonly batteryPercent?: number;
  /** Serial number in its descriptors: before the change, and on the disk. */
  readonly usbSerials?: readonly [string | null, string | null];
  /** How long it is away. */
  readonly awayMs?: number;
  readonly camera?: MemoryCamera;
}

export class AmbarellaRecorder implements WiredDevice, Speaker {
  readonly misdeeds: Misdeeds = noMisdeeds();
  readonly wish: RecorderWish;
  readonly camera: MemoryCamera;
  /** Everything that it was asked, in order; "other" for what no dock has any business to send. */
  readonly heard: Heard[] = [];
  isLoggedIn = false;
  #waiting: Uint8Array | undefined;
  readonly #news = new EventEmitter();

  constructor(wish: RecorderWish) {
    this.wish = wish;
    this.camera = wish.camera ?? new MemoryCamera();
    this.camera.detach();
  }

  get serial(): string {
    return this.wish.serial ?? 'KOD000123';
  }

  get batteryPercent(): number {
    return this.wish.batteryPercent ?? 77;
  }

  /** A person puts it into the bay. */
  plug(hasBulk = this.wish.dialect === 'b'): void {
    this.isLoggedIn = false;
    const look: DeviceLook = {
      vendorId: 0x4255,
      productId: 1,
      vendor: 'Ambarella',
      product: 'Amba Simple Class',
      serial: this.wish.usbSerials?.[0] ?? null,
      interfaces: [VENDOR_SPECIFIC],
      hasBulk,
    };
    this.wish.dock.plug(this.wish.portPath, this, look);
  }

  /** A person takes it out, whatever it shows. */
  pull(): void {
    this.camera.detach();
    this.wish.dock.unplug(this.wish.portPath);
  }

  /** Steps that were heard. */
  steps(): readonly (Step | 'other')[] {
    return this.heard.map(({ step }) => step);
  }

  /** Passwords that were sent to it, right or wrong. */
  passwords(): readonly string[] {
    return this.heard.flatMap(({ step, password }) =>
      step === 'log-in' && password !== undefined ? [password] : [],
    );
  }

  /** Resolves at the next request. */
  async nextHeard(): Promise<void> {
    await once(this.#news, 'heard');
  }

  takes(password: string): boolean {
    return !this.misdeeds.isLocked && password === this.wish.password;
  }

  out(bytes: Uint8Array, wire: Pick<Wire, 'send' | 'halt'>): 'taken' | 'stall' {
    const answer = this.wish.dialect === 'b' ? answerB(this, bytes) : undefined;
    if (answer === 'stall') {
      wire.halt('in');
      return 'taken';
    }
    if (answer !== undefined) wire.send(answer);
    return 'taken';
  }

  /** The answer to a request is fetched by a request of its own. */
  control(
    request: UsbRequest,
    data: Uint8Array | number,
  ): Promise<Uint8Array | 'stall'> | Uint8Array | 'stall' {
    if (this.wish.dialect === 'b') return 'stall';
    if (typeof data !== 'number') {
      const answer = this.wish.dialect === 'a' ? answerA(this, request, data) : answerC(this, request, data);
      this.#waiting = answer === 'stall' ? undefined : answer;
      return answer === 'stall' ? 'stall' : new Uint8Array(0);
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting ?? new Promise(() => undefined);
  }

  reset(): void {
    this.#waiting = undefined;
  }

  hear(heard: Heard, answer: () => Uint8Array, no: () => Uint8Array): Answer {
    this.heard.push(heard);
    this.#news.emit('heard');
    const misdeed = heard.step === 'other' ? undefined : this.misdeeds.at[heard.step];
    if (misdeed === undefined) return answer();
    if (misdeed.kind === 'leaves') this.pull();
    if (misdeed.kind === 'refuses') return no();
    if (misdeed.kind === 'sends') return misdeed.bytes(answer());
    return misdeed.kind === 'stalls' ? 'stall' : undefined;
  }

  /** It was told to show its disk: leaves the bus soon, and something comes back. */
  change(): void {
    const { clock, awayMs = 3000, portPath, dock } = this.wish;
    const { comesBackAs } = this.misdeeds;
    if (comesBackAs === 'stays') return;
    clock.after(1, () => {
      dock.unplug(portPath);
      if (comesBackAs !== 'nothing') clock.after(awayMs, () => this.#comeBack());
    });
  }

  #comeBack(): void {
    const { dock, portPath, usbSerials } = this.wish;
    const look: DeviceLook = {
      vendorId: 0x4255,
      productId: 2,
      vendor: 'Ambarella',
      product: 'Disk',
      serial: usbSerials?.[1] ?? null,
      interfaces: [DISK],
    };
    switch (this.misdeeds.comesBackAs) {
      case 'disk':
        this.camera.attach();
        return dock.plug(portPath, this, look);
      case 'other-disk':
        this.camera.attach();
        return dock.plug(portPath, this, { ...look, serial: 'ANOTHER' });
      case 'disk-with-keyboard':
        this.camera.attach();
        return dock.plug(portPath, this, { ...look, interfaces: [DISK, KEYBOARD] });
      case 'recorder':
        return this.plug();
      case 'other-kind':
        return dock.plug(portPath, this, { interfaces: [STILL_IMAGE] });
      case 'nothing':
      case 'stays':
        return undefined;
    }
  }
}
