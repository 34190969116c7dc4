// One request over HTTP with a bounded answer, by Node's own fetch. Follows no redirect: who is asked is who the file names.
import { DockError } from '../../protocol/format/errors.ts';

export interface PostRequest {
  readonly url: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Longest answer that is taken. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Sends it. Errors: "http.failed" where nobody answers, or with more than `bytesMax`; the signal's reason. */
export type Post = (request: PostRequest) => Promise<PostAnswer>;

/** By the machine's network. */
export const nodePost: Post = async ({ url, contentType, body, bytesMax, signal }) => {
  try {
    const headers = { 'content-type': contentType };
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const part of answer.body ?? []) {
      sizeBytes += part.length;
      if (sizeBytes > bytesMax) throw new RangeError(`an answer of more than ${bytesMax} bytes`);
      parts.push(part);
    }
    return { status: answer.status, body: Buffer.concat(parts) };
  } catch (error) {
    signal.throwIfAborted();
    throw new DockError('http.failed', `no answer from ${new URL(url).host}`, {
      retry: 'later',
      cause: error,
    });
  }
};
