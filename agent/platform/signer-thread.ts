// Entry of the signer's worker thread: holds the secret key and signs what it is given. Started by signer-worker.ts.
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { type SecretKey, signDocument, signMessage } from '../../protocol/documents/minisign.ts';
import { serveCalls } from './worker-calls.ts';

/** What the worker answers. */
export type SignerCalls = {
  readonly sign: {
    readonly args: { readonly bytes: Uint8Array; readonly trustedComment: string };
    readonly result: string;
  };
  readonly signMessage: { readonly args: { readonly body: string }; readonly result: string };
};

assert(parentPort, 'this module is a worker');
const key = workerData as SecretKey;
serveCalls<SignerCalls>(parentPort, {
  sign: async ({ bytes, trustedComment }) => signDocument(key, bytes, trustedComment),
  signMessage: async ({ body }) => signMessage(key, body),
});
