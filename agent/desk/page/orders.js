// Orders of the two roles about one recording: lists them, has the store make one, shows in words what is to be signed, signs it here, and sends it
// (SPEC 4.8, 7.11). What is signed is made in this page, out of fields that were looked at and are shown; no bytes of the store are signed.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { BadKey, signed, WrongPassword } from './minisign.js';

const ID = /^[a-z2-7]{26}$/;
const VERBS = ['hold', 'unhold', 'delete'];
/** Clocks of the store and of this machine may differ by so much; the store takes no order that is a day ahead. */
const APART_MS = 25 * 3_600_000;

const at = (id) => document.getElementById(id);

/** `page` is what desk.js gives: ask, say, momentOf, titleOf, failure, and `open(row)`, which opens a recording. */
export function ordersOf({ ask, say, momentOf, titleOf, failure, open }) {
  let role = null;
  let waiting = [];
  let row;
  let orders = [];
  let draft;
  let said;
  let isBusy = false;

  const roleWord = (name) => say(`role.${name}`);
  const verbWord = (verb) => say(`verb.${verb}`);
  const pathOf = ({ station, recording }) => `/v1/recordings/${station}/${recording}`;
  const isMine = ({ needed, state }) =>
    role !== null && needed === role && ['waits', 'alone'].includes(state);

  function stateOf({ state, verb, needed, until, deleted }) {
    if (deleted) return say('order.done');
    const places = {
      needed: needed === null ? '' : roleWord(needed),
      until: until === null ? '' : momentOf(until),
    };
    return say(state === 'counts' ? `order.counts.${verb}` : `order.${state}`, places);
  }
  const wordsOf = (order) =>
    say('order.words', { verb: verbWord(order.verb), reason: order.reason, at: momentOf(order.ordered_at) });

  function tell(key, places = {}) {
    said = { key, places };
    draw();
  }
  const fail = (error, key) => {
    const what = failure(error, { key });
    said = what.text === undefined ? { key: what.key, places: {} } : { text: what.text };
    draw();
  };

  /** What waits for this role, in the whole vault. */
  async function loadWaiting() {
    try {
      const answer = await (await ask('/v1/orders')).json();
      role = answer.role;
      waiting = answer.orders.filter(isMine);
    } catch {
      waiting = []; // the list says that the store does not answer
    }
    draw();
  }

  async function load() {
    const own = row;
    const { station, recording } = own;
    const answer = await (await ask(`/v1/orders?${new URLSearchParams({ station, recording })}`)).json();
    if (own !== row) return;
    ({ role, orders } = answer);
    draw();
  }

  function show(shown) {
    row = shown;
    orders = [];
    draft = undefined;
    said = undefined;
    isBusy = false;
    at('order').reset();
    at('sign').reset();
    if (row !== undefined) load().catch((error) => fail(error, 'noAnswer'));
  }

  /** The order as it will be signed. Errors: where a field is not what it must be, or the manifest is another one. */
  async function drafted(from, known) {
    const { order, verb, station, recording, manifest_sha256, reason, ordered_at } = from;
    const isGood =
      ID.test(order) &&
      VERBS.includes(verb) &&
      station === row.station &&
      recording === row.recording &&
      /^[0-9a-f]{64}$/.test(manifest_sha256) &&
      /^[a-z0-9-]{1,64}$/.test(reason) &&
      new Date(ordered_at).toISOString() === ordered_at &&
      (known.isPlaced || Math.abs(Date.parse(ordered_at) - new Date()) < APART_MS);
    const bytes = new Uint8Array(await (await ask(`${pathOf(row)}/manifest`)).arrayBuffer());
    const manifest = JSON.parse(new TextDecoder().decode(bytes));
    const isOfIt = manifest.recording === recording && manifest.station === station;
    if (!isGood || !isOfIt || bytesToHex(sha256(bytes)) !== manifest_sha256) throw new Error('another order');
    const fields = {
      order,
      verb,
      station,
      recording,
      manifest_sha256,
      reason,
      ordered_at,
      type: 'order',
      version: 1,
    };
    // Canonical: keys in order, and no value that JSON writes in two ways.
    return { ...known, fields, manifest, text: JSON.stringify(fields, Object.keys(fields).toSorted()) };
  }

  async function prepare() {
    const own = row;
    const [verb, reason] = [at('verb').value, at('order-reason').value];
    try {
      const query = new URLSearchParams({ verb, reason });
      const made = await (await ask(`${pathOf(own)}/order?${query}`)).json();
      if (made.order.verb !== verb || made.order.reason !== reason) throw new Error('another order');
      const { held, deletion } = made;
      await begin(own, made.order, { held, deletion, isPlaced: false, by: null });
    } catch (error) {
      if (own === row) fail(error, 'order.bad');
    }
  }

  async function begin(own, order, known) {
    const next = await drafted(order, known);
    if (own !== row) return;
    draft = next;
    said = undefined;
    draw();
    at('sign-title').focus();
  }

  async function read(order) {
    const own = row;
    const by = order.officer === null ? (order.supervisor === null ? null : 'supervisor') : 'officer';
    try {
      await begin(own, order, { held: null, deletion: order.deletion, isPlaced: true, by });
    } catch (error) {
      if (own === row) fail(error, 'order.bad');
    }
  }

  async function sign() {
    const own = draft;
    const [keyText, password] = [await at('key').files[0].text(), at('password').value];
    isBusy = true;
    tell('order.opening', { percent: 0 });
    try {
      let shown = 0; // hears of each ten-thousandth, and draws the page for none
      const signature = await signed(own.text, keyText, password, (part) => {
        const percent = Math.floor(part * 100);
        if (own !== draft || percent === shown) return;
        shown = percent;
        said = { key: 'order.opening', places: { percent } };
        at('ordered').textContent = say(said.key, said.places);
      });
      if (own !== draft) return;
      tell('order.sending');
      const body = JSON.stringify({ order: own.text, signature });
      const { placed } = await (await ask('/v1/orders', { method: 'POST', body })).json();
      if (own !== draft) return;
      draft = undefined;
      at('sign').reset();
      at('order').reset();
      tell(placed ? 'order.placed' : 'order.left');
      await Promise.all([load(), loadWaiting()]);
      at('orders-title').focus();
    } catch (error) {
      if (own !== draft) return;
      if (error instanceof BadKey) tell('order.badKey');
      else if (error instanceof WrongPassword) tell('order.badPassword');
      else fail(error, 'noAnswer');
    } finally {
      isBusy = false;
      draw();
    }
  }

  async function openWaiting(order) {
    const { station, recording } = order;
    try {
      const query = new URLSearchParams({ station, id: recording });
      const [found] = (await (await ask(`/v1/recordings?${query}`)).json()).recordings;
      if (found === undefined) return;
      open(found);
      await read(order);
    } catch (error) {
      fail(error, 'noAnswer');
    }
  }

  const placeOf = ({ station, recording }) => `${station} ${recording.slice(0, 8)}: `;

  function itemOf(order, onClick, place = '') {
    const [item, words] = [document.createElement('li'), document.createElement('p')];
    words.textContent = `${place}${wordsOf(order)}: ${stateOf(order)}`;
    item.append(words);
    if (isMine(order) && !isBusy) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = say('order.read');
      button.addEventListener('click', () => onClick(order));
      item.append(button);
    }
    return item;
  }

  function draw() {
    at('waiting').hidden = waiting.length === 0;
    at('waiting-list').replaceChildren(...waiting.map((order) => itemOf(order, openWaiting, placeOf(order))));
    at('orders-list').replaceChildren(...orders.map((order) => itemOf(order, read)));
    at('orders-none').hidden = orders.length > 0;
    at('order').hidden = role === null || row === undefined || row.state === 'deleted' || draft !== undefined;
    at('verb').replaceChildren(
      ...VERBS.map((verb) => new Option(verbWord(verb), verb, false, verb === at('verb').value)),
    );
    at('sign').hidden = draft === undefined;
    at('ordered').textContent = said === undefined ? '' : (said.text ?? say(said.key, said.places));
    for (const each of at('sign').elements) each.disabled = isBusy;
    if (draft !== undefined) drawSheet(draft);
  }

  function drawSheet({ fields, manifest, held, deletion, by }) {
    const { earliest_at: earliest, basis } = manifest.capture;
    const made = basis === 'clock-unmeasured' ? manifest.original.modified_at : earliest;
    const title = titleOf({
      role: manifest.role,
      made_earliest_at: made,
      sealed_at: manifest.sealed_at,
      duration_ms: manifest.media?.duration_ms ?? null,
      camera: manifest.camera.id,
      short: fields.recording.slice(0, 8),
    });
    const rows = {
      'sheet.what': verbWord(fields.verb),
      'sheet.reason': fields.reason,
      'sheet.recording': title,
      'sheet.id': fields.recording,
      station: fields.station,
      'sheet.at': momentOf(fields.ordered_at),
      'sheet.by': by === null ? say('sheet.nobody') : roleWord(by),
      'sheet.as': roleWord(role),
    };
    at('sheet').replaceChildren(
      ...Object.entries(rows).flatMap(([key, value]) => {
        const [term, words] = [document.createElement('dt'), document.createElement('dd')];
        term.textContent = say(key);
        words.textContent = value;
        return [term, words];
      }),
    );
    const notes = [say(`effect.${fields.verb}`)];
    if (fields.verb === 'unhold' && deletion !== null) notes.push(say('effect.deletion', deletion));
    if (fields.verb === 'delete' && held !== null) notes.push(say('effect.held'));
    at('effect').textContent = notes.join(' ');
  }

  for (const [form, act] of [
    ['order', prepare],
    ['sign', sign],
  ])
    at(form).addEventListener('submit', (event) => {
      event.preventDefault();
      void act();
    });
  at('sign-close').addEventListener('click', () => {
    draft = undefined;
    said = undefined;
    at('sign').reset();
    draw();
  });
  return { show, draw, loadWaiting };
}
