// Asks the store what it holds of this station's log, as every agent does when it connects. The answer is signed, so it tells at once that
// a receiver is there, that it knows this station, and that its key is one of the configuration. Nothing is stored for it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../protocol/format/errors.ts';
import { isSegmentId, makeSegmentId, type SegmentId } from '../../protocol/format/ids.ts';
import type { LoggedIn } from '../../agent/platform/broker-login.ts';
import { stationTopics } from '../../protocol/transfer/topics.ts';
import { SEGMENT_SUFFIX } from '../../protocol/format/file-names.ts';
import { verifyCustodyHead } from '../push/push-verify.ts';
import { spoolLayout } from '../spool/layout.ts';
import type { DoctorContext } from './doctor-context.ts';
import { found, type Finding } from './doctor-finding.ts';

/** A receiver answers within a second; one that just starts takes longer. */
const ANSWER_MS = 4000;

export async function askStore(context: DoctorContext, login: LoggedIn): Promise<Finding> {
  const { config, clock, signal } = context;
  const topics = stationTopics(config.broker.base, config.station);
  const store = {
    station: config.station,
    storeKeys: config.store.publicKeys,
    receivers: config.store.receivers,
  };
  const done = new AbortController();
  let answer: Finding | undefined;
  login.onMessage = ({ topic, payload, retained }) => {
    if (topic !== topics.downCustody || retained) return;
    try {
      const { receiver } = verifyCustodyHead(payload, store);
      answer = found('store.good', topics.downCustody, { receiver });
      done.abort();
    } catch (error) {
      answer ??= found('store.stranger', topics.downCustody, { reason: describeError(error).slice(0, 200) });
    }
  };
  const segment = (await newestSegment(config.spool.path)) ?? makeSegmentId(context.random);
  await login.link.publish(topics.custody(segment, 0), new Uint8Array(0), { qos: 1 }).catch(() => undefined);
  await clock.sleep(ANSWER_MS, AbortSignal.any([signal, done.signal])).catch(() => undefined);
  signal.throwIfAborted();
  return answer ?? found('store.silent', topics.downCustody, { topic: topics.downCustody });
}

/** The segment that was written to last; undefined where none can be read. Never rejects. */
async function newestSegment(spool: string): Promise<SegmentId | undefined> {
  const folder = spoolLayout(spool).custody;
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(SEGMENT_SUFFIX));
  let newest: { readonly id: SegmentId; readonly atMs: number } | undefined;
  for (const name of names) {
    const id = name.slice(0, -SEGMENT_SUFFIX.length);
    const atMs = (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0;
    if (isSegmentId(id) && (newest === undefined || atMs > newest.atMs)) newest = { id, atMs };
  }
  return newest?.id;
}
