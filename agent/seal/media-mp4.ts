// Facts of an MP4 or MOV file from its boxes (ISO/IEC 14496-12, QuickTime File Format), in one pass over hostile bytes.
//
// 1. Only the few boxes in LEAVES are kept, each up to LEAF_BYTES; all others, the pictures first of all, are skipped by counting.
//    So memory does not grow with the file, nor with the tables of a long one.
// 2. A box is entered only below the parent that the standard gives it: the nesting is at most six levels.
// 3. A size that contradicts its parent, or more boxes than BOXES_MAX, ends the reading; what was found till then stands.
import {
  codecOf,
  type ContainerFacts,
  type ContainerParser,
  durationMs,
  fourCode,
  pixels,
} from './media-container.ts';

/** The longest that we read of a box: stsd up to the height of its first entry, 44 bytes; mvhd version 1, 32. */
const LEAF_BYTES = 64;
/** A fragmented file of a whole shift has two boxes a second; a crafted one must not cost more than this. */
const BOXES_MAX = 200_000;
const FIRST_TYPES: ReadonlySet<string> = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot']);
/** Boxes that hold boxes, with the parent that they are entered below; "" is the file itself. */
const PARENT_OF: ReadonlyMap<string, string> = new Map([
  ['moov', ''],
  ['trak', 'moov'],
  ['mvex', 'moov'],
  ['mdia', 'trak'],
  ['minf', 'mdia'],
  ['stbl', 'minf'],
]);
const LEAVES: ReadonlySet<string> = new Set(['/ftyp', 'moov/mvhd', 'mvex/mehd', 'mdia/hdlr', 'stbl/stsd']);

interface OpenBox {
  readonly type: string;
  /** Bytes of the box's content that no child has claimed yet; infinite where the box runs to the end of the file. */
  left: number;
}

interface Track {
  handler: string;
  codec: string | null;
  widthPx: number | null;
  heightPx: number | null;
}

/** Shape: as ContainerParser. The file is a MOV where its brand says so or where it has none. */
export class Mp4Boxes implements ContainerParser {
  readonly #open: OpenBox[] = [{ type: '', left: Infinity }];
  readonly #buffer = new Uint8Array(LEAF_BYTES);
  #held = 0;
  #wanted = 8;
  /** The leaf whose content is being gathered, or undefined while a header is. */
  #leaf: string | undefined;
  /** Content of that leaf beyond what is gathered. */
  #leafTail = 0;
  #skip = 0;
  #boxes = 0;
  #ended = false;
  #container = 'mov';
  #ticksPerSecond = 0;
  #ticks = 0;
  #track: Track = emptyTrack();
  #video: Track | undefined;
  #audio: Track | undefined;

  /** True for bytes (12 or more) that open such a file. */
  static accepts(magic: Uint8Array): boolean {
    return FIRST_TYPES.has(fourCode(magic, 4));
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#ended) {
      at += this.#skip > 0 ? this.#skipSome(bytes.length - at) : this.#gather(bytes.subarray(at));
    }
  }

  facts(): ContainerFacts {
    const best = this.#video ?? (this.#track.handler === 'vide' ? this.#track : undefined) ?? this.#audio;
    return {
      container: this.#container,
      durationMs: durationMs(this.#ticks, this.#ticksPerSecond),
      codec: best?.codec ?? null,
      widthPx: best?.widthPx ?? null,
      heightPx: best?.heightPx ?? null,
    };
  }

  #skipSome(count: number): number {
    const skipped = Math.min(this.#skip, count);
    this.#skip -= skipped;
    return skipped;
  }

  #gather(bytes: Uint8Array): number {
    const taken = Math.min(this.#wanted - this.#held, bytes.length);
    this.#buffer.set(bytes.subarray(0, taken), this.#held);
    this.#held += taken;
    if (this.#held === this.#wanted) this.#gathered();
    return taken;
  }

  #gathered(): void {
    const leaf = this.#leaf;
    if (leaf !== undefined) {
      this.#readLeaf(leaf, this.#buffer.subarray(0, this.#held));
      this.#nextHeader();
    } else if (this.#held === 8 && viewOf(this.#buffer).getUint32(0) === 1) {
      this.#wanted = 16; // the 64-bit size follows
    } else {
      this.#enter();
    }
  }

  #enter(): void {
    const headerBytes = this.#held;
    const type = fourCode(this.#buffer, 4);
    const parent = this.#innermost();
    const size = this.#boxSize(parent.left);
    this.#boxes++;
    if (size < headerBytes || size > parent.left || this.#boxes > BOXES_MAX) {
      this.#ended = true;
      return;
    }
    if (Number.isFinite(size)) parent.left -= size;
    const content = size - headerBytes;
    if (PARENT_OF.get(type) === parent.type) {
      if (type === 'trak') this.#track = emptyTrack();
      this.#open.push({ type, left: content });
      this.#nextHeader();
    } else {
      this.#enterLeaf(`${parent.type}/${type}`, content);
    }
  }

  #enterLeaf(leaf: string, content: number): void {
    const kept = LEAVES.has(leaf) ? Math.min(LEAF_BYTES, content) : 0;
    if (kept === 0) {
      this.#nextHeader();
      this.#skip += content;
      return;
    }
    this.#leaf = leaf;
    this.#held = 0;
    this.#wanted = kept;
    this.#leafTail = content - kept;
  }

  #boxSize(parentLeft: number): number {
    const view = viewOf(this.#buffer);
    const size = view.getUint32(0);
    if (size === 1) return Number(view.getBigUint64(8));
    return size === 0 ? parentLeft : size;
  }

  /** Leaves all boxes that are used up and prepares for the next header; the rest of a broken box is skipped. */
  #nextHeader(): void {
    this.#leaf = undefined;
    this.#held = 0;
    this.#wanted = 8;
    this.#skip = this.#leafTail;
    this.#leafTail = 0;
    while (this.#open.length > 1 && this.#innermost().left < 8) this.#leave();
  }

  #leave(): void {
    const box = this.#open.pop();
    this.#skip += box?.left ?? 0;
    if (box?.type === 'trak') this.#keepTrack();
    if (box?.type === 'moov') this.#ended = true; // nothing that we ask for comes behind it
  }

  #innermost(): OpenBox {
    return this.#open.at(-1) ?? { type: '', left: Infinity };
  }

  #keepTrack(): void {
    if (this.#track.handler === 'vide') this.#video ??= this.#track;
    if (this.#track.handler === 'soun') this.#audio ??= { ...this.#track, widthPx: null, heightPx: null };
  }

  #readLeaf(leaf: string, content: Uint8Array): void {
    if (leaf === '/ftyp') this.#container = fourCode(content, 0) === 'qt  ' ? 'mov' : 'mp4';
    if (leaf === 'mdia/hdlr' && content.length >= 12) this.#track.handler = fourCode(content, 8);
    if (leaf === 'stbl/stsd' && content.length >= 16) this.#readSampleEntry(content);
    if (leaf === 'moov/mvhd') this.#readMovieHeader(content);
    if (leaf === 'mvex/mehd') this.#ticks = ticksAt(content, 4) || this.#ticks;
  }

  #readMovieHeader(content: Uint8Array): void {
    const at = content[0] === 1 ? 20 : 12; // version 1 has 64-bit times
    if (content.length < at + 4) return;
    this.#ticksPerSecond = viewOf(content).getUint32(at);
    this.#ticks = ticksAt(content, at + 4);
  }

  #readSampleEntry(content: Uint8Array): void {
    this.#track.codec = codecOf(fourCode(content, 12));
    if (content.length < 44) return;
    this.#track.widthPx = pixels(viewOf(content).getUint16(40));
    this.#track.heightPx = pixels(viewOf(content).getUint16(42));
  }
}

function emptyTrack(): Track {
  return { handler: '', codec: null, widthPx: null, heightPx: null };
}

/** A duration of 32 or 64 bits by the version in byte 0; 0 where it is missing or says "unknown" (all bits set). */
function ticksAt(content: Uint8Array, at: number): number {
  const view = viewOf(content);
  if (content[0] === 1) {
    const ticks = content.length < at + 8 ? 0n : view.getBigUint64(at);
    return ticks < 1n << 63n ? Number(ticks) : 0;
  }
  const ticks = content.length < at + 4 ? 0 : view.getUint32(at);
  return ticks < 0xffffffff ? ticks : 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
