// What a Node process really holds: its heap after a collection, asked through its own inspector.

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

/** Bytes of the main isolate's heap that are still used after a full collection. Errors: no answer within ANSWER_MS. */
export async function liveHeapBytes(address: string): Promise<number> {
  const socket = new WebSocket(address);
  const signal = AbortSignal.timeout(ANSWER_MS);
  try {
    await heard(socket, 'open', signal);
    await asked(socket, 1, 'HeapProfiler.collectGarbage', signal);
    const { usedSize } = await asked(socket, 2, 'Runtime.getHeapUsage', signal);
    if (typeof usedSize !== 'number') throw new Error('the inspector tells no size of the heap');
    return usedSize;
  } finally {
    socket.close();
  }
}

interface Answer {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
}

async function asked(
  socket: WebSocket,
  id: number,
  method: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  socket.send(JSON.stringify({ id, method }));
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
