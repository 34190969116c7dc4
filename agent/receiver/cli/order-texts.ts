// What persons are told of an order: how each role signs it, and what it does. The sheet that goes with the order is in German and English.
import { type Order, type Role, ROLES, roleSignature } from '../../../protocol/documents/order.ts';
import type { ListedOrder, OrderEffect } from '../retention/order-list.ts';
import type { MadeOrder, PlacedOrder } from '../retention/order-place.ts';
import { ORDER_FILE } from '../retention/orders-read.ts';
import { count, dueIn, megabytes } from './preview-text.ts';

/** The stock command by which a role signs; KEYFILE is that person's own secret key, which stays with that person. */
export function signCommand(role: Role): string {
  return `minisign -S -m ${ORDER_FILE} -x ${roleSignature(ORDER_FILE, role)} -t "bodydock order" -s KEYFILE`;
}

const VERBS_DE = {
  hold: 'Löschsperre (über die Frist hinaus behalten)',
  unhold: 'Löschsperre aufheben',
  delete: 'vorzeitig löschen',
} as const;
const VERBS_EN = {
  hold: 'hold (keep beyond its due date)',
  unhold: 'end the hold',
  delete: 'delete early',
} as const;

/** The sheet beside `order.json`. */
export function signSheet({ order, facts, dueAt, deletion }: MadeOrder): string {
  const { manifest } = facts;
  const { earliest_at: earliest, latest_at: latest } = manifest.capture;
  const captured =
    latest === null ? '-' : earliest === latest || earliest === null ? latest : `${earliest} - ${latest}`;
  const about = [
    order.station,
    order.recording,
    manifest.camera.id,
    captured,
    facts.receipt.received_at,
    dueAt,
  ];
  const rows = (names: readonly string[]): string =>
    names.map((name, at) => `  ${name}: ${about[at]}`).join('\n');
  const commands = ROLES.map(
    (role) => `  ${role === 'officer' ? 'OFFICER   ' : 'SUPERVISOR'}  ${signCommand(role)}`,
  ).join('\n');
  const waits = waitingDeletion(order, deletion);
  return `ANORDNUNG ${order.order}: ${VERBS_DE[order.verb]}, Grund ${order.reason}, vom ${order.ordered_at}
${rows(['Station', 'Aufzeichnung', 'Kamera', 'Aufzeichnungszeit', 'Eingang', 'fällig'])}
${waits === undefined ? '' : `\n${waits.de}\n`}
Zwei Personen unterschreiben, jede mit ihrem eigenen Schlüssel und auf ihrem eigenen Gerät: eine aus dem Kreis OFFICER, eine aus dem Kreis
SUPERVISOR. Der geheime Schlüssel bleibt bei der Person. In diesem Ordner eingeben, KEYFILE durch die eigene Schlüsseldatei ersetzen:
${commands}
${order.verb === 'hold' ? 'Schon eine Unterschrift genügt für sieben Tage; ohne die zweite verfällt die Anordnung dann.\n' : 'Sie gilt erst mit beiden Unterschriften.\n'}Danach gibt den Ordner weiter, wer den Speicher betreibt: bodydock-receiver ${order.verb} --place ORDNER

ORDER ${order.order}: ${VERBS_EN[order.verb]}, reason ${order.reason}, of ${order.ordered_at}
${rows(['station', 'recording', 'camera', 'captured', 'received', 'due'])}
${waits === undefined ? '' : `\n${waits.en}\n`}
Two persons sign, each with a key of their own on a machine of their own: one OFFICER, one SUPERVISOR. The secret key stays with its holder.
Type in this folder, with your own key file for KEYFILE:
${commands}
${order.verb === 'hold' ? 'One signature is enough for seven days; without the second one the order lapses then.\n' : 'It counts only with both signatures.\n'}Then whoever runs the store types: bodydock-receiver ${order.verb} --place FOLDER
`;
}

/** What whoever signs an `unhold` sets going: a deletion that waits for it. Undefined where none does. */
export function waitingDeletion(
  { verb }: Pick<Order, 'verb'>,
  deletion: Order | undefined,
): Readonly<Record<'en' | 'de', string>> | undefined {
  if (verb !== 'unhold' || deletion === undefined) return undefined;
  const { order, reason } = deletion;
  return {
    en: `ATTENTION: An order to delete it (${order}, ${reason}) is signed by both and is carried out as soon as no hold counts.`,
    de: `ACHTUNG: Eine von beiden unterschriebene Löschanordnung (${order}, ${reason}) wird ausgeführt, sobald keine Löschsperre mehr gilt.`,
  };
}

/** What to do with an order that was just made. */
export function madeText(made: MadeOrder, folder: string, nowMs: number): string {
  const { order, facts, dueAt, hold, deletion } = made;
  const size = megabytes(facts.manifest.sealed.size_bytes);
  const held =
    hold === undefined ? 'nobody holds it' : `held by order ${hold.order.order} (${hold.order.reason})`;
  const stopped =
    order.verb === 'delete' && hold !== undefined
      ? '\nIt does not count while that hold does: lift it first (`unhold`).'
      : '';
  const waits = waitingDeletion(order, deletion);
  const waiting = waits === undefined ? '' : `\n${waits.en}`;
  return `order ${order.order}: ${order.verb} recording ${order.recording} of station ${order.station}, reason ${order.reason}
That recording: ${size}, due ${dueIn(dueAt, nowMs)} (${dueAt}), ${held}.${stopped}${waiting}
Nothing has changed yet. Next:
  1. Give ${folder} to an officer and to a supervisor, one after the other or a copy to each. In that folder
     the officer types     ${signCommand('officer')}
     the supervisor types  ${signCommand('supervisor')}
     each with their own secret key for KEYFILE, which stays with them. sign.txt says the same in German and English.
  2. With one or both signatures in the folder: bodydock-receiver ${order.verb} --place ${folder}
`;
}

/** What stands after an order was placed. */
export function placedText({ read, fresh }: PlacedOrder, effect: OrderEffect, nowMs: number): string {
  const { order } = read;
  const first =
    fresh.length === 0
      ? `order ${order.order} lay in the vault before with these signatures; nothing new was entered`
      : `placed: order ${order.order} to ${order.verb} recording ${order.recording} of station ${order.station}, signed by the ${fresh.join(' and the ')}`;
  return [first, ...effectLines(order, effect, nowMs), ''].join('\n');
}

const LIFTED =
  'It keeps nothing: an order to end the holds of that recording was given after it. Make it again where it is still wanted.';

function effectLines(order: Order, effect: OrderEffect, nowMs: number): string[] {
  const { needed, deleted } = effect;
  if (needed !== null) {
    const command = `the ${needed.role} types in the order's folder: ${signCommand(needed.role)}\nand then once more: bodydock-receiver ${order.verb} --place FOLDER`;
    const until = needed.until === null || Date.parse(needed.until) > nowMs ? needed.until : undefined;
    if (order.verb !== 'hold') return [`It does not count before the ${needed.role} signs too: ${command}`];
    if (until === undefined)
      return [
        `It keeps nothing: the seven days of holds by one role about that recording were over at ${needed.until}. It counts once the ${needed.role} signs too: ${command}`,
      ];
    if (effect.hold === undefined) return [LIFTED];
    return [`It counts from now on and lapses at ${until} unless the ${needed.role} signs too: ${command}`];
  }
  if (order.verb === 'delete') return deletionLines(effect);
  const { hold, dueAt } = effect;
  if (hold === undefined && order.verb === 'hold') return [LIFTED];
  if (hold === undefined && deleted.length > 0)
    return [
      'Nobody holds the recording now. An order to delete it, signed by both, had waited for that:',
      ...deletionLines(effect),
    ];
  if (hold === undefined)
    return [
      `Nobody holds the recording now; it is due ${dueAt === undefined ? 'never' : dueIn(dueAt, nowMs)}.`,
    ];
  const until = hold.until === null ? 'until both roles lift that' : `until ${hold.until}`;
  return [
    `The recording is held ${until} (order ${hold.order.order}).`,
    ...(deleted.length > 0 ? deletionLines(effect) : []),
  ];
}

function deletionLines({ deleted, hold, blocked }: OrderEffect): string[] {
  if (deleted.length > 0)
    return [
      `${count(deleted.length, 'recording')} deleted, with sidecars:`,
      ...deleted.map(
        ({ station, recording, sealedBytes }) => `  ${station} ${recording} (${megabytes(sealedBytes)})`,
      ),
    ];
  if (hold !== undefined)
    return [
      `Not deleted: order ${hold.order.order} (${hold.order.reason}) holds it. Lift that first (\`unhold\`).`,
    ];
  if (blocked)
    return [
      'Not deleted: another order of that station cannot be read, and could hold it. `bodydock-receiver orders` names it; the next expiration deletes once it is mended or taken away.',
    ];
  return ['Nothing was left to delete.'];
}

/** What was made, for a program. */
export function madeJson({ order, dueAt, hold, deletion }: MadeOrder): Record<string, unknown> {
  const held = hold && { order: hold.order.order, until: hold.until };
  return { order, due_at: dueAt, held: held ?? null, deletion: shortOf(deletion) };
}

/** An order of the vault, for a program. */
export function listedJson(listed: ListedOrder): Record<string, unknown> {
  const { order, sha256, state, officer, supervisor, needed, until, deleted, deletion } = listed;
  const { type: _, version: __, ...about } = order;
  const who = { officer, supervisor, needed, until, deleted, deletion: shortOf(deletion) };
  return { ...about, order_sha256: sha256, state, ...who };
}

function shortOf(order: Order | undefined): Pick<Order, 'order' | 'reason'> | null {
  return order === undefined ? null : { order: order.order, reason: order.reason };
}

/** What was placed, for a program. */
export function placedJson({ read, fresh }: PlacedOrder, effect: OrderEffect): string {
  const { needed, hold, dueAt, deleted, blocked } = effect;
  return `${JSON.stringify({
    placed: true,
    order: read.order,
    fresh,
    needed,
    held: hold === undefined ? null : { order: hold.order.order, until: hold.until },
    due_at: dueAt ?? null,
    deleted: deleted.map(({ station, recording, sealedBytes }) => ({
      station,
      recording,
      sealed_size_bytes: sealedBytes,
    })),
    blocked,
  })}\n`;
}
