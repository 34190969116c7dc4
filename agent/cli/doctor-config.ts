// The configuration and the files that it names, as `bodydock check` sees them, with the command that mends each.
import { lstat, stat } from 'node:fs/promises';
import { checkStationFiles } from '../../config/enrolment/installed-files.ts';
import { inLanguage, type Problem, renderProblem } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { SPOOL_DAYS_MAX } from '../../protocol/documents/retention.ts';
import type { Words } from '../monitoring/condition-table.ts';
import { bayOwnerWarnings } from './bay-owner.ts';
import { type DoctorContext, FILE_CODES, type Finding, found } from './doctor-finding.ts';

/** Looked at by doctor-disk.ts, which says more. */
const OF_DISK = /^disk\./;

/** A file that was refused as a whole: one finding a line. */
export function refusedFindings(file: string, problems: readonly Problem[]): Finding[] {
  return problems.map((problem) => {
    const message = { en: renderProblem(problem, 'en'), de: renderProblem(problem, 'de') };
    return found('config.refused', file, { message });
  });
}

/** Files of a configuration that is good by itself. */
export async function checkFiles({ file, config, clock }: DoctorContext): Promise<Finding[]> {
  const finds = await checkStationFiles(config, clock.wallMs());
  const values = { config: file, station: config.station };
  const wordsOf = (message: string): Words => ({ en: message, de: inLanguage(message, 'de') });
  const findings: Finding[] = [];
  for (const { code: told, file: where, message } of finds.problems) {
    if (OF_DISK.test(told) || (await isAgentsOwn(told, where, config.spool.path))) continue;
    const code = told === 'key.missing' ? missingCode(config, where) : told;
    findings.push(
      found(FILE_CODES.has(code) ? code : 'file.refused', where, { ...values, message: wordsOf(message) }),
    );
  }
  for (const { code, file: where, message } of [...finds.warnings, ...(await bayOwnerWarnings(config))]) {
    if (OF_DISK.test(code) || code === 'proof.missing') continue;
    findings.push(
      found(FILE_CODES.has(code) ? code : 'file.remark', where, { ...values, message: wordsOf(message) }),
    );
  }
  const unproven = finds.unprovenRecipients.length;
  if (unproven > 0 && config.release === 'after-receipt')
    findings.push(found('proof.missing', '', { ...values, count: unproven }));
  const wanted = 2 * config.store.backupHours;
  const most = SPOOL_DAYS_MAX * 24;
  const keep = Math.min(config.spool.keepHours, most);
  if (keep < wanted) {
    const hours = { keep, most, backup: config.store.backupHours, wanted };
    findings.push(found('spool.keep-short', file, { ...values, ...hours }));
  }
  return findings.some(({ code }) => code !== 'bay.absent')
    ? findings
    : [found('config.good', file), ...findings];
}

/** Which of the files it is decides what brings a new one. */
function missingCode({ keys, broker }: StationConfig, path: string): string {
  if (path === keys.signingFile) return 'key.missing';
  if (path === broker.tls?.keyFile) return 'tls.key-missing';
  if (path === broker.login?.passwordFile) return 'broker.password-missing';
  return path === broker.tls?.certFile || path === broker.tls?.caFile ? 'tls.file-missing' : 'file.missing';
}

/** Root may look at the agent's files: a secret of the user who owns the spool is the agent's own, as long as nobody else can read it. */
async function isAgentsOwn(code: string, path: string, spool: string): Promise<boolean> {
  if (code !== 'key.owner' || process.geteuid?.() !== 0) return false;
  const [secret, folder] = await Promise.all(
    [lstat(path), stat(spool)].map((each) => each.catch(() => undefined)),
  );
  return secret !== undefined && secret.uid === folder?.uid && (secret.mode & 0o077) === 0;
}
