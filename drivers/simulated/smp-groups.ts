// What the command groups of a simulated serial camera share: how a command answers, and how a request is read.
import type { SmpMap } from '../serial/smp/packet.ts';

/** An answer's map, or an error code. */
export type SmpReply = SmpMap | number;

/** One command; `room` is how many bytes the answer's map may take. */
export interface SmpCall {
  readonly op: 'read' | 'write';
  readonly command: number;
  readonly map: SmpMap;
  readonly room: number;
}

/** A group of commands. Never throws for what a station sends. */
export type SmpGroup = (call: SmpCall) => Promise<SmpReply>;

export function textOf(map: SmpMap, key: string): string | undefined {
  const value = map[key];
  return typeof value === 'string' ? value : undefined;
}

/** A count of the request; `otherwise` where it is left out, undefined where it is no count. */
export function countOf(map: SmpMap, key: string, otherwise?: number): number | undefined {
  const value = map[key] ?? otherwise;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function bytesOf(map: SmpMap, key: string): Uint8Array | undefined {
  const value = map[key];
  return value instanceof Uint8Array ? value : undefined;
}
