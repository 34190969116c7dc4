// What a Node process really holds after a collection, heap and buffers, asked through its own inspector.
import { setMaxListeners } from 'node:events';

/** What the program is started with; 0 lets the system choose the port. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

const ANSWER_MS = 30_000;
const ADDRESS = /Debugger listening on (ws:\/\/\S+)/g;

/** The inspector's address as the program's output names it; the last one is that of the last start. */
export function inspectorAddress(output: string): string {
  const address = [...output.matchAll(ADDRESS)].at(-1)?.[1];
  if (address === undefined) throw new Error('the program does not say where its inspector listens');
  return address;
}

/** Bytes of the main isolate that are still used after a full collection; what its programs were compiled to, which grows for hours, is not among them. */
export interface Held {
  readonly heapBytes: number;
  /** Behind buffers, those in the pools of small ones included; not of worker threads. */
  readonly bufferBytes: number;
}

/** Errors: no answer within ANSWER_MS, or none that tells. */
export async function heldBytes(address: string): Promise<Held> {
  const socket = new WebSocket(address);
  const signal = AbortSignal.timeout(ANSWER_MS);
  setMaxListeners(0, signal); // a handful for each question
  try {
    await heard(socket, 'open', signal);
    await asked(socket, 1, 'HeapProfiler.collectGarbage', {}, signal);
    const { usedSize } = await asked(socket, 2, 'Runtime.getHeapUsage', {}, signal);
    const codeBytes = await evaluated(socket, 3, CODE_BYTES, signal);
    const bufferBytes = await evaluated(socket, 4, 'process.memoryUsage().arrayBuffers', signal);
    if (typeof usedSize !== 'number') throw new Error('the inspector does not tell what is held');
    return { heapBytes: usedSize - codeBytes, bufferBytes };
  } finally {
    socket.close();
  }
}

const CODE_BYTES =
  '(({ code_and_metadata_size: code, bytecode_and_metadata_size: bytecode }) => code + bytecode)' +
  "(process.getBuiltinModule('v8').getHeapCodeStatistics())";

async function evaluated(
  socket: WebSocket,
  id: number,
  expression: string,
  signal: AbortSignal,
): Promise<number> {
  const { result } = await asked(socket, id, 'Runtime.evaluate', { expression }, signal);
  const value = (result as { readonly value?: unknown } | undefined)?.value;
  if (typeof value === 'number') return value;
  throw new Error('the inspector does not tell what is held');
}

interface Answer {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
}

async function asked(
  socket: WebSocket,
  id: number,
  method: string,
  params: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  socket.send(JSON.stringify({ id, method, params }));
  for (;;) {
    const event = await heard(socket, 'message', signal);
    const answer = JSON.parse(String((event as MessageEvent).data)) as Answer;
    if (answer.id === id) return answer.result ?? {};
  }
}

function heard(socket: WebSocket, name: 'open' | 'message', signal: AbortSignal): Promise<Event> {
  return new Promise((resolve, reject) => {
    const once = { once: true, signal };
    socket.addEventListener(name, resolve, once);
    socket.addEventListener('error', () => reject(new Error('the inspector hung up')), once);
    signal.addEventListener('abort', () => reject(new Error('the inspector did not answer')), { once: true });
  });
}
