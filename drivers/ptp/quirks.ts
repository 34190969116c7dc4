// Known faults of camera models and responders, as data. A quirk is here because somebody saw it; a name says what to do, not what is wrong.

/** What is done otherwise with a family. */
export interface PtpQuirks {
  /** Longest wait for progress in one transaction, ms. */
  readonly progressMs: number;
  /** The dataset's serial number is the same for all of them: the USB descriptor's counts. */
  readonly serialFromUsb: boolean;
  /** Asking partial reads for lengths that are 500 above a multiple of 512 hangs it: one byte less is asked. */
  readonly avoidsFullLastPacket: boolean;
  /** Closing the session, or a reset at the end, hangs it: the interface is just let go. */
  readonly leavesSessionOpen: boolean;
  /** Sees changes of its files only after the session is opened again. */
  readonly reopensBeforeListing: boolean;
  /** Device property with the clock as seconds since 1970 in local time (32 bits), where it has no property 0x5011; null: none is known. */
  readonly secondsProperty: number | null;
}

const USUAL: PtpQuirks = {
  progressMs: 20_000,
  serialFromUsb: false,
  avoidsFullLastPacket: false,
  leavesSessionOpen: false,
  reopensBeforeListing: false,
  secondsProperty: null,
};

interface QuirkRow {
  readonly vendorId: number;
  /** Every product of the vendor where it is left out. */
  readonly productId?: number;
  readonly quirks: Partial<PtpQuirks>;
  readonly source: string;
}

const ROWS: readonly QuirkRow[] = [
  {
    vendorId: 0x46f4,
    productId: 0x0004,
    quirks: { serialFromUsb: true, reopensBeforeListing: true },
    source: 'QEMU usb-mtp: constant serial number; sizes are those of the first listing of a session',
  },
  {
    vendorId: 0x04e8,
    quirks: { avoidsFullLastPacket: true, progressMs: 60_000 },
    source: 'libmtp device flags: Samsung, last packet; Android time-outs',
  },
  {
    vendorId: 0x04a9,
    quirks: { secondsProperty: 0xd034 },
    source:
      'libgphoto2 settings of Canon: UnixTime is a UINT32 in local time; gphoto2 issue 702: what is written there is what the camera shows',
  },
  { vendorId: 0x18d1, quirks: { progressMs: 60_000 }, source: 'libmtp: Android (Google) time-outs' },
];

/** Quirks of a device; those of the product stand over those of the vendor. */
export function ptpQuirksOf(device: { readonly vendorId: number; readonly productId: number }): PtpQuirks {
  const rows = ROWS.filter(({ vendorId }) => vendorId === device.vendorId);
  const general = rows.filter(({ productId }) => productId === undefined);
  const own = rows.filter(({ productId }) => productId === device.productId);
  return Object.assign({}, USUAL, ...[...general, ...own].map(({ quirks }) => quirks)) as PtpQuirks;
}
