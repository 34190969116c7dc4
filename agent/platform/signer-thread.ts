// Entry of the signer's worker thread: holds the secret key and signs what it is given. Started by signer-worker.ts.
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { inlineSigner, type SecretKey, signDocument } from '../../protocol/documents/minisign.ts';
import { serveCalls } from './worker-calls.ts';

/** What the worker answers. */
export type SignerCalls = {
  readonly sign: {
    readonly args: { readonly bytes: Uint8Array; readonly trustedComment: string };
    readonly result: string;
  };
};

assert(parentPort, 'this module is a worker');
const key = workerData as SecretKey;
const log = inlineSigner(key);
/**
 * Of the log, which is signed several times for each recording: by node:crypto, while tweetnacl signs what is pushed as a document. The names again: their
 * modules would bring the schemas of all documents into this thread.
 */
const OF_LOG: ReadonlySet<string> = new Set(['bodydock custody-head', 'bodydock custody-segment']);
serveCalls<SignerCalls>(parentPort, {
  sign: async ({ bytes, trustedComment }) =>
    OF_LOG.has(trustedComment) ? log.sign(bytes, trustedComment) : signDocument(key, bytes, trustedComment),
});
