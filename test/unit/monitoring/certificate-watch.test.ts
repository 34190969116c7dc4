import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CertificateWatch } from '../../../agent/monitoring/certificate-watch.ts';
import { certificateEnds } from '../../../config/certificate-files.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../../fakes/tls.ts';

const DAY_MS = 86_400_000;
const CODE = 'broker.certificate-expiring';

describe.skipIf(lacksTools('openssl'))('certificates of the connection to the broker', () => {
  let authority: TestAuthority;
  let short: TestCertificate;
  let long: TestCertificate;
  let certFile: string;
  let clock: ManualClock;
  let conditions: MemoryConditions;
  let log: MemoryLog;
  let watch: CertificateWatch;

  beforeAll(async () => {
    authority = await TestAuthority.open();
    const issue = (days: number): Promise<TestCertificate> =>
      authority.issue({
        commonName: 'kod-1',
        kind: 'client',
        notAfter: new Date(Date.now() + days * DAY_MS),
      });
    short = await issue(40);
    long = await issue(400);
    certFile = join(authority.folder, 'in-use.pem');
  });
  afterAll(() => authority.close());

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    conditions = new MemoryConditions();
    log = new MemoryLog();
    await copyFile(short.certFile, certFile);
    // Of the authority only the file matters here: the same one, so that two ends are told.
    const ends = (): ReturnType<typeof certificateEnds> =>
      certificateEnds({ certFile, caFile: long.certFile });
    watch = new CertificateWatch({ clock, conditions, log, ends });
  });

  /** Looks, and waits until the files were read. */
  async function look(isRaised: boolean): Promise<void> {
    watch.look();
    await vi.waitFor(() => expect(conditions.isRaised(CODE, 'client')).toBe(isRaised));
  }

  test('are told of 30 days before they end, until another one lies in their place', async () => {
    watch.look();
    await vi.waitFor(() => expect(conditions.history.length).toBe(2));
    expect(conditions.codes()).toEqual([]);
    await clock.advance(11 * DAY_MS);
    await look(true);
    expect(conditions.facts(CODE, 'client')).toMatchObject({
      days: 28,
      ends_at: expect.stringMatching(/Z$/) as string,
    });
    await copyFile(long.certFile, certFile);
    await clock.advance(3_600_000);
    await look(false);
  });

  test('are told of all the more once they have ended', async () => {
    await clock.advance(50 * DAY_MS);
    await look(true);
    expect(conditions.facts(CODE, 'client')).toMatchObject({ days: -11 });
  });

  test('are all looked at that lie in a file: any of an own chain, and the next authority that ends', async () => {
    const [first, second] = await Promise.all([long, short].map(({ certFile: file }) => readFile(file)));
    const bundle = join(authority.folder, 'several.pem');
    await writeFile(bundle, Buffer.concat([first ?? Buffer.of(), second ?? Buffer.of()]));
    const ends = (): ReturnType<typeof certificateEnds> =>
      certificateEnds({ certFile: bundle, caFile: bundle });
    const several = new CertificateWatch({ clock, conditions, log, ends });
    const raisedAfter = async (days: number, raised: readonly string[]): Promise<void> => {
      await clock.advance(days * DAY_MS);
      several.look();
      await vi.waitFor(() => {
        const kinds = ['client', 'authority'];
        expect(kinds.filter((kind) => conditions.isRaised(CODE, kind))).toEqual(raised);
      });
    };
    await raisedAfter(11, ['client', 'authority']);
    await raisedAfter(30, ['client']); // another authority is there, and the broker may have one from it
    await raisedAfter(340, ['client', 'authority']);
  });

  test('are read once an hour, however often somebody looks', async () => {
    let reads = 0;
    const counted = new CertificateWatch({ clock, conditions, log, ends: async () => (reads++, []) });
    for (let minute = 0; minute < 120; minute++) {
      counted.look();
      await clock.advance(60_000);
    }
    expect(reads).toBe(2);
  });

  test('that cannot be read are in the log and change nothing', async () => {
    await writeFile(certFile, 'no certificate');
    watch.look();
    await vi.waitFor(() => expect(log.lines.some(({ level }) => level === 'warn')).toBe(true));
    expect(conditions.history).toEqual([]);
  });
});
