// The Signer port in a worker thread of its own: a document of a recording takes some 3 ms of tweetnacl, which the main thread must not spend. The secret goes into the worker once, at its start.
import type { SecretKey } from '../../protocol/documents/minisign.ts';
import type { Signer } from '../../protocol/format/ports.ts';
import type { SignerCalls } from './signer-thread.ts';
import { WorkerCalls } from './worker-calls.ts';
import { startWorker } from './worker-thread.ts';

/** It keeps little; a small heap is collected early. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 };

/** Signs off the calling thread. */
export interface WorkerSigner extends Signer {
  /** Idempotent, never rejects; what still runs rejects with "worker.died". */
  close(): Promise<void>;
}

/**
 * Opens a signer with its worker; resolves once the worker has signed, so that a key or module that does not work shows here.
 * Errors: "worker.died". Afterwards a worker that died is started again by the next signature; the one it was at rejects.
 */
export async function openWorkerSigner(key: SecretKey): Promise<WorkerSigner> {
  const calls = new WorkerCalls<SignerCalls>(() =>
    startWorker(import.meta.url, './signer-thread', {
      workerData: key,
      name: 'signer',
      resourceLimits: HEAP,
    }),
  );
  try {
    await calls.call('sign', { bytes: new Uint8Array(), trustedComment: '' });
  } catch (error) {
    await calls.close();
    throw error;
  }
  return {
    sign: (bytes, trustedComment) => calls.call('sign', { bytes, trustedComment }),
    close: () => calls.close(),
  };
}
