// The files of a camera in memory as PTP objects: handles, parents, names. Handles stay the same until the camera is reset.
import { sizeOf, type MemoryCamera, type MemoryFile } from '../memory-camera.ts';

/** A file of any length without its bytes in memory. */
export interface VirtualFile {
  readonly sizeBytes: number;
  readonly bytesAt: (offset: number, count: number) => Uint8Array;
}

/** One object; `file` undefined for a folder. */
export interface PtpObject {
  readonly handle: number;
  readonly parent: number;
  readonly name: string;
  readonly file: MemoryFile | undefined;
  readonly virtual: VirtualFile | undefined;
  readonly sizeBytes: number;
  /** As it is listed. */
  readonly toldBytes: number;
  readonly modifiedAt: string;
}

/** What a camera says of a file in place of what is so. */
export interface ToldOtherwise {
  readonly name?: string;
  readonly sizeBytes?: number;
}

export class PtpObjects {
  readonly #camera: MemoryCamera;
  readonly #virtual = new Map<string, VirtualFile>();
  readonly #handles = new Map<string, number>();
  /** By path. */
  readonly told = new Map<string, ToldOtherwise>();
  #next: number;

  constructor(camera: MemoryCamera, firstHandle = 1) {
    this.#camera = camera;
    this.#next = firstHandle;
  }

  putVirtual(path: string, file: VirtualFile): void {
    this.#virtual.set(path, file);
  }

  removeVirtual(path: string): boolean {
    return this.#virtual.delete(path);
  }

  /** Handles are given out again, and none of the old ones again. */
  renumber(): void {
    this.#handles.clear();
  }

  /** Every object by its handle: folders as the paths of the files need them. */
  all(): Map<number, PtpObject> {
    const objects = new Map<number, PtpObject>();
    for (const file of this.#camera.files()) this.#add(objects, latin1(file.path), file, undefined);
    for (const [path, virtual] of this.#virtual) this.#add(objects, path, undefined, virtual);
    return objects;
  }

  pathOf(handle: number): string | undefined {
    for (const [path, each] of this.#handles) if (each === handle) return path.slice(0, -1);
    return undefined;
  }

  #add(
    objects: Map<number, PtpObject>,
    path: string,
    file: MemoryFile | undefined,
    virtual: VirtualFile | undefined,
  ): void {
    const parts = path.split('/');
    let parent = 0;
    for (const [depth, part] of parts.entries()) {
      const isLast = depth === parts.length - 1;
      const here = parts.slice(0, depth + 1).join('/');
      const handle = this.#handleOf(here + (isLast ? '=' : '/'));
      const told = this.told.get(here);
      const sizeBytes = virtual?.sizeBytes ?? (file === undefined ? 0 : sizeOf(file.content));
      if (isLast || !objects.has(handle))
        objects.set(handle, {
          handle,
          parent,
          name: told?.name ?? text(part),
          file: isLast ? file : undefined,
          virtual: isLast ? virtual : undefined,
          sizeBytes: isLast ? sizeBytes : 0,
          toldBytes: isLast ? (told?.sizeBytes ?? sizeBytes) : 0,
          modifiedAt: isLast ? timeOf(file) : '',
        });
      parent = handle;
    }
  }

  #handleOf(key: string): number {
    const known = this.#handles.get(key);
    if (known !== undefined) return known;
    this.#handles.set(key, this.#next);
    return this.#next++;
  }
}

/** Each version of a file has a time of its own, as a camera that writes it gives it. */
function timeOf(file: MemoryFile | undefined): string {
  const at =
    file?.look.modifiedAt ?? new Date(Date.UTC(2026, 10, 20) + (file?.version ?? 0) * 1000).toISOString();
  return at.slice(0, 19).replaceAll(/[-:]/g, '');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Path bytes are UTF-8 here, as names of PTP are text. */
function text(part: string): string {
  return Buffer.from(part, 'latin1').toString('utf8');
}
