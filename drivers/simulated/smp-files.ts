// What a simulated serial camera holds, as its firmware sees its own card. Adapters: smp-files-memory, smp-files-folder.

/** One file in the camera's list (SPEC 11.7, command 1). */
export interface SmpFile {
  /** UTF-8, relative, parts joined by "/", at most SMP_NAME_BYTES_MAX. */
  readonly name: string;
  readonly sizeBytes: number;
  /** As the camera writes its times (SPEC 11.5), or null where it does not tell. */
  readonly at: string | null;
  readonly kind: string | null;
  readonly locked: boolean;
}

/** SPEC 11.7. */
export const SMP_NAME_BYTES_MAX = 255;

export interface SmpFiles {
  /** Every file, in byte order of the names. */
  list(): Promise<readonly SmpFile[]>;
  find(name: string): Promise<SmpFile | undefined>;
  /** Bytes from the offset on, fewer than `count` only at the end of the file; none where there is no such file. */
  read(name: string, offset: number, count: number): Promise<Uint8Array>;
  /** Idempotent. Errors: "simulated.protected" where it cannot be erased. */
  erase(name: string): Promise<void>;
}

/** By the bytes of the names, as a camera's file system has them. */
export function inByteOrder(files: Iterable<SmpFile>): SmpFile[] {
  return [...files].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}
