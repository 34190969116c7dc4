import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { custody } from '../../../agent/cli/custody.ts';
import type { Step } from '../../../agent/evidence/history/history.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import {
  editSegment,
  historyOf,
  historyVault,
  type HistoryVault,
} from '../evidence/history/history-vault.ts';
import { runCommand } from './io-memory.ts';

let vault: HistoryVault;
beforeAll(async () => {
  vault = await historyVault();
  const { builder, subject, neighbour } = vault;
  await builder.orders.give(subject, { verb: 'hold', reason: 'case-17' });
  await builder.receiver.disclose(subject, { command: 'export', reason: 'case-18' });
  await builder.receiver.disclose(subject, { reason: 'case-19', pending: true });
  await builder.receiver.disclose(neighbour, { reason: 'case-99' });
  await builder.close();
});
afterAll(async () => rm(vault.builder.root, { recursive: true, force: true }));

/** Runs with a copy of the vault that may be broken. */
async function withCopy(use: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-custody-'));
  try {
    await cp(vault.builder.root, root, { recursive: true });
    await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function stepsOf(steps: readonly Step[], event: string): Step[] {
  return steps.filter((step) => step.event === event);
}

describe('the life of a recording', () => {
  test('camera, times, digests, receipt and who erased it come from the log alone, each signed', async () => {
    await withCopy(async (root) => {
      const station = join(root, 'vault', 'dock-1');
      for (const name of await readdir(station))
        if (name !== 'custody') await rm(join(station, name), { recursive: true });
      await rm(join(root, 'vault', 'r-store'), { recursive: true });
      await rm(join(root, 'vault', '.disclosures'), { recursive: true });
      const { builder, subject } = vault;
      const { manifest, receipt, original } = subject;
      const lines = (await builder.lines()).map((line) => JSON.parse(line) as Step);
      const atOf = (event: string, name: string, value: string): string | undefined =>
        lines.find(({ event: each, facts }) => each === event && facts[name] === value)?.at;

      const { history } = await historyOf(vault, subject.id, '--vault', join(root, 'vault'));
      const { steps } = history;
      const facts = (event: string): unknown => stepsOf(steps, event).map((step) => step.facts);
      expect(history.documents).toEqual([]);
      expect(stepsOf(steps, 'docked')).toMatchObject([
        {
          keeper: 'dock-1',
          facts: { camera: 'cam-1', bay: 'bay-1' },
          at: atOf('docked', 'docking', manifest.docking),
        },
      ]);
      expect(stepsOf(steps, 'pulled')[0]?.at).toBe(atOf('pulled', 'recording', subject.id));
      expect(facts('pulled')).toMatchObject([{ size_bytes: original.length, sha256: sha256Hex(original) }]);
      expect(facts('spooled')).toMatchObject([{ manifest_sha256: sha256Hex(subject.manifestBytes) }]);
      const receiptFile = await readFile(join(subject.folder, 'receipt.json'));
      expect(receipt?.recording).toBe(subject.id);
      expect(stepsOf(steps, 'receipted')[0]?.facts).toEqual({
        recording: subject.id,
        receiver: 'r-store',
        receipt_sha256: sha256Hex(receiptFile),
      });
      expect(stepsOf(steps, 'erased')).toMatchObject([
        {
          keeper: 'dock-1',
          at: atOf('erased', 'recording', subject.id),
          facts: { docking: manifest.docking },
        },
      ]);
      expect(new Set(steps.map(({ proof }) => proof))).toEqual(new Set(['signed']));
      expect(new Set(steps.map(({ key_id: id }) => id))).toEqual(
        new Set([keyIdHex(builder.stationKey.keyId)]),
      );
      const told = await runCommand(custody, subject.id, '--vault', join(root, 'vault'));
      for (const part of ['cam-1', 'bay-1', sha256Hex(original), sha256Hex(receiptFile), 'by station dock-1'])
        expect(told.out).toContain(part);
    });
  });

  test('with its documents every step of the station is confirmed by the store, and nothing of a neighbour is told', async () => {
    const { subject, neighbour, builder } = vault;
    const { exitCode, history } = await historyOf(vault, subject.id);
    expect({ exitCode, findings: history.findings }).toEqual({ exitCode: 0, findings: [] });
    const ofStation = history.steps.filter(({ keeper }) => keeper === 'dock-1');
    expect(new Set(ofStation.map(({ proof }) => proof))).toEqual(new Set(['confirmed']));
    expect(history.steps.map(({ event }) => event)).toEqual([
      'docked',
      'camera-clock',
      'seen',
      'inventory',
      'pulled',
      'sealed',
      'spooled',
      'offered',
      'receipted',
      'erasing',
      'erased',
      'undocked',
      'docking-recorded',
      'offered',
      'receipted',
      'order',
      'order',
      'disclosed',
    ]);
    expect(JSON.stringify(history)).not.toContain(neighbour.id);
    expect(JSON.stringify(history)).not.toContain('case-99');
    expect(history.companions.map(({ recording, relation }) => [recording, relation])).toEqual([
      [vault.sidecar.id, 'sidecar'],
    ]);
    expect(history.between.map(({ event }) => event)).toContain('clock-stepped');
    expect(history.sealed_units_good).toBe(3);
    expect(history.keys.map(({ key_id: id, holder }) => [holder, id])).toEqual([
      ['station', keyIdHex(builder.stationKey.keyId)],
      ['store', keyIdHex(builder.storeKey.keyId)],
      ['officer', keyIdHex(builder.orders.keys.officer.keyId)],
      ['supervisor', keyIdHex(builder.orders.keys.supervisor.keyId)],
    ]);
  });

  test('orders name both roles, an opening its reason, and an opening that nobody signed yet is only claimed', async () => {
    const { history } = await historyOf(vault, vault.subject.id);
    expect(stepsOf(history.steps, 'order').map(({ facts }) => [facts['verb'], facts['role']])).toEqual([
      ['hold', 'officer'],
      ['hold', 'supervisor'],
    ]);
    expect(stepsOf(history.steps, 'disclosed')).toMatchObject([
      { keeper: 'r-store', proof: 'signed', facts: { command: 'export', reason: 'case-18' } },
    ]);
    const pending = history.documents.filter(({ kind }) => kind === 'disclosure');
    expect(pending).toMatchObject([{ signed_by: [], document: { reason: 'case-19' } }]);
    const { out } = await runCommand(custody, vault.subject.id, '--vault', vault.builder.vault);
    expect(out).toMatch(/open at .*, reason case-19\n\s+Worth: ONLY CLAIMED/);
  });
});

describe('what somebody has at hand', () => {
  test('the beginning of the id, the folder, a digest, the restored file and the path on the camera lead to it', async () => {
    const { subject, builder } = vault;
    const restored = join(builder.root, 'A.MP4');
    await writeFile(restored, subject.original);
    const words = [
      subject.id.slice(0, 8),
      sha256Hex(subject.original),
      sha256Hex(subject.manifestBytes),
      restored,
      'DCIM/A.MP4',
    ];
    for (const word of words) {
      const { exitCode, history } = await historyOf(vault, word);
      expect([word, exitCode, history.subject]).toEqual([
        word,
        0,
        { kind: 'recording', id: subject.id, station: 'dock-1' },
      ]);
    }
    const folder = await runCommand(custody, subject.folder, '--json');
    expect(folder.json).toMatchObject({ subject: { id: subject.id } });
  });

  test('the id of a docking tells its life, and one with nothing on the camera says so', async () => {
    const { builder, subject, emptyDocking } = vault;
    const { exitCode, history } = await historyOf(vault, subject.manifest.docking);
    expect({ exitCode, subject: history.subject }).toEqual({
      exitCode: 0,
      subject: { kind: 'docking', id: subject.manifest.docking, station: 'dock-1' },
    });
    expect(history.companions.map(({ recording }) => recording)).toEqual(
      builder.recordings.map(({ id }) => id),
    );
    expect(stepsOf(history.steps, 'seen')).toHaveLength(3);
    const empty = await runCommand(custody, emptyDocking, '--vault', builder.vault);
    expect(empty.exitCode).toBe(0);
    expect(empty.out).toContain('nothing: the signed list of the camera was complete and empty');
  });

  test('where several fit they are listed and none is taken', async () => {
    const { builder } = vault;
    const other = join(builder.vault, 'dock-2', vault.subject.id);
    await cp(vault.subject.folder, other, { recursive: true });
    try {
      const { exitCode, err, out } = await runCommand(custody, vault.subject.id, '--vault', builder.vault);
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
      expect(err).toContain(`recording ${vault.subject.id} of dock-1`);
      expect(err).toContain(`recording ${vault.subject.id} of dock-2`);
      const one = await historyOf(vault, vault.subject.id, '--station', 'dock-1');
      expect(one.history.subject.station).toBe('dock-1');
    } finally {
      await rm(join(builder.vault, 'dock-2'), { recursive: true });
    }
  });

  test('a word that fits nothing ends with 1 and says what was looked for', async () => {
    const { exitCode, err } = await runCommand(custody, 'zzzzzzzz', '--vault', vault.builder.vault);
    expect(exitCode).toBe(1);
    expect(err).toContain('nothing in');
  });
});

describe('the page', () => {
  test('holds no script and nothing from elsewhere, and what a camera calls itself is only text', async () => {
    for (const language of ['en', 'de']) {
      const { out } = await runCommand(
        custody,
        vault.subject.id,
        '--vault',
        vault.builder.vault,
        '--format',
        'html',
        '--language',
        language,
      );
      expect(out).toContain(`<html lang="${language}">`);
      expect(out).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|\son\w+=/i);
      expect(out).toContain('BC-2 &lt;script&gt;');
      expect(out.replaceAll('<wbr>', '')).toContain(sha256Hex(vault.subject.original));
      expect(out).toContain('@page { size: A4;');
    }
  });

  test('is German throughout where German is asked for', async () => {
    const { out } = await runCommand(
      custody,
      vault.subject.id,
      '--vault',
      vault.builder.vault,
      '--language',
      'de',
    );
    expect(out).toContain(`Verwahrung der Aufzeichnung ${vault.subject.id}`);
    expect(out).toContain('Die Kamera cam-1 wurde in den Platz bay-1 gesteckt.');
    expect(out).toContain('Wert: NUR BEHAUPTET');
    expect(out).not.toMatch(/\b(?:the|of|and|from|by|not)\b/i);
  });

  test('says in the language of the page what became of a file that was written', async () => {
    const file = join(vault.builder.root, 'leben.txt');
    const args = [vault.subject.id, '--vault', vault.builder.vault, '--lang', 'de', '--out', file];
    expect((await runCommand(custody, ...args)).out).toBe(`${file}: text, alles, was darin steht, stimmt\n`);
  });

  test('goes into a new file and never replaces one', async () => {
    const file = join(vault.builder.root, 'life.html');
    const args = [vault.subject.id, '--vault', vault.builder.vault, '--format', 'html', '--out', file];
    const written = await runCommand(custody, ...args);
    expect([written.exitCode, written.out]).toEqual([0, `${file}: html, all that it tells holds\n`]);
    expect(await readFile(file, 'utf8')).toContain('<!doctype html>');
    const again = await runCommand(custody, ...args);
    expect(again.exitCode).toBe(1);
    expect(again.err).toContain('it is there already');
  });
});

describe('what is not proven', () => {
  test('an entry that was altered breaks the chain: it is only claimed, and the text says where', async () => {
    await withCopy(async (root) => {
      const { subject } = vault;
      const log = { folder: join(root, 'vault/dock-1/custody'), segments: vault.builder.segments };
      await editSegment(log, 0, (text) =>
        text.replace(/("event":"erased","facts":\{"docking":"[a-z2-7]{25})./, '$1a'),
      );
      const { exitCode, history } = await historyOf(vault, subject.id, '--vault', join(root, 'vault'));
      expect(exitCode).toBe(1);
      expect(history.findings.map(({ code }) => code)).toContain('custody.entry-altered');
      const erased = stepsOf(history.steps, 'erased');
      expect(erased).toMatchObject([{ proof: 'claimed', doubt: 'no-signature' }]);
      expect(stepsOf(history.steps, 'pulled')).toMatchObject([{ proof: 'confirmed' }]);
      const { out } = await runCommand(custody, subject.id, '--vault', join(root, 'vault'));
      expect(out).toContain('THE LOG IS BROKEN, CUT OR INCOMPLETE');
    });
  });

  test('a log whose end was cut off is told: the store signed a later head', async () => {
    await withCopy(async (root) => {
      const log = { folder: join(root, 'vault/dock-1/custody'), segments: vault.builder.segments };
      await editSegment(log, 0, (text) => {
        const lines = text.split('\n');
        const at = lines.findIndex((line) => line.includes('"event":"receipted"'));
        return `${lines.slice(0, at).join('\n')}\n`;
      });
      const { exitCode, history } = await historyOf(vault, vault.subject.id, '--vault', join(root, 'vault'));
      expect(exitCode).toBe(1);
      const codes = history.findings.map(({ code }) => code);
      expect(codes).toContain('custody.tail-missing');
      expect(codes).toContain('receipt.custody-head-missing');
      expect(stepsOf(history.steps, 'erased')).toEqual([]);
    });
  });
});
