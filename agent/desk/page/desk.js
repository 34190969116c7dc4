// The page of the office's desk: finds recordings at the store, shows one, and has its orders signed. It asks nobody but the store whose address was typed (or is in its own
// address after "#"), and keeps nothing: the identity is in memory while a recording is open.
import { identitiesOf, openSealed } from './sealed.js';
import { evaluationOf } from './evaluate.js';
import { ordersOf } from './orders.js';
import { openFilm, openPicture } from './player.js';

const PAGE = 50;
const KEPT_BYTES = 1024 * 1024;
const texts = JSON.parse(document.body.dataset.texts);
const root = document.documentElement;
const at = (id) => document.getElementById(id);
const STATES = ['waiting', 'kept', 'due', 'held', 'deleted'];
const ROLES = ['media', 'sidecar', 'other'];
let answer;
let offset = 0;
let opened;
let said;
let shown;
let stop = () => undefined;
let looks = 0;

class Refused extends Error {}

function say(key, places = {}) {
  return texts[root.lang][key].replaceAll(/\{(\w+)\}/g, (_, name) => places[name]);
}
const locale = () => (root.lang === 'de' ? 'de-DE' : 'en-GB');
const dayOf = (instant) =>
  new Date(instant).toLocaleDateString(locale(), { day: '2-digit', month: '2-digit', year: 'numeric' });
const timeOf = (instant) =>
  new Date(instant).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });
const momentOf = (instant) => `${dayOf(instant)}, ${timeOf(instant)}`;

function lengthOf(ms) {
  if (ms === null) return say('noLength');
  return ms < 60_000
    ? say('seconds', { count: Math.round(ms / 1000) })
    : say('minutes', { count: Math.round(ms / 60_000) });
}

/** "Video, 30.11.2026, 22:41, cam-3, 14 min" */
function titleOf(row) {
  const made = row.made_earliest_at ?? row.sealed_at;
  const kind = say(row.role === 'media' && row.duration_ms !== null ? 'kind.video' : `role.${row.role}`);
  const length = row.role === 'media' ? lengthOf(row.duration_ms) : row.short;
  return say('row', { kind, day: dayOf(made), time: timeOf(made), camera: row.camera, length });
}

function stateOf({ state, until, made_basis: basis }) {
  const word = say(`state.${state}`, { until: until === null ? '' : dayOf(until) });
  return basis === 'claimed' ? `${word}; ${say('claimed')}` : word;
}

function storeOf() {
  return new URL(at('store').value).origin;
}

/** Errors: Refused with what the store said; those of fetch. */
async function ask(path, init = {}) {
  const response = await fetch(`${storeOf()}${path}`, {
    ...init,
    credentials: 'include',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    redirect: 'error',
  });
  if (response.ok) return response;
  throw new Refused(say('refused', await response.json()));
}

function questionOf() {
  const query = new URLSearchParams({ offset, limit: PAGE });
  const [day, lastDay] = [at('day').value, at('last-day').value || at('day').value];
  const instant = (date, time) => new Date(`${date}T${time}`).toISOString();
  if (day !== '') query.set('from', instant(day, at('from').value || '00:00:00'));
  if (lastDay !== '')
    query.set('to', instant(lastDay, at('to').value ? `${at('to').value}:59.999` : '23:59:59.999'));
  for (const name of ['camera', 'station', 'role', 'state'])
    if (at(name).value !== '') query.set(name, at(name).value);
  return query;
}

async function find() {
  tell({ key: 'searching' });
  try {
    history.replaceState(null, '', `#${storeOf()}`);
    answer = await (await ask(`/v1/recordings?${questionOf()}`)).json();
    said = undefined;
  } catch (error) {
    answer = undefined;
    said = failure(error, { key: 'noAnswer' });
  }
  draw();
  if (answer !== undefined) void orders.loadWaiting();
}

function tell(what) {
  said = what;
  draw();
}

const wordsOf = (what) => (what === undefined ? '' : (what.text ?? say(what.key, what.places)));

function fillSelect(id, values, wordOf) {
  const select = at(id);
  const { value } = select;
  select.replaceChildren(
    ...['', ...values].map((each) => new Option(each === '' ? say('any') : wordOf(each), each)),
  );
  select.value = value;
  if (select.value !== value) select.add(new Option(value, value, true, true));
}

function draw() {
  document.title = say('title');
  for (const each of document.querySelectorAll('[data-text]')) each.textContent = say(each.dataset.text);
  at('language').textContent = say('language');
  at('language').lang = root.lang === 'de' ? 'en' : 'de';
  fillSelect('camera', answer?.cameras ?? [], (camera) => camera);
  fillSelect('station', answer?.stations ?? [], (station) => station);
  fillSelect('role', ROLES, (role) => say(`role.${role}`));
  fillSelect('state', STATES, (state) => say(`state.${state}`, { until: '' }).replace(/ \S+ $/, ''));
  const rows = answer?.recordings ?? [];
  at('list').replaceChildren(...rows.map(itemOf));
  at('newer').hidden = offset === 0;
  at('older').hidden = answer === undefined || offset + rows.length >= answer.total;
  const places = answer && {
    from: answer.offset + 1,
    to: answer.offset + rows.length,
    total: answer.total,
    at: momentOf(answer.as_of),
  };
  const count = answer && say(rows.length === 0 ? 'none' : 'found', places);
  at('said').textContent = said === undefined ? (count ?? '') : wordsOf(said);
  const unproven = answer?.vault.unproven ?? 0;
  at('unproven').textContent = unproven === 0 ? '' : say('unproven', { count: unproven });
  at('which').textContent = opened === undefined ? '' : `${titleOf(opened)} (${opened.short})`;
  at('picture').setAttribute('aria-label', at('which').textContent);
  at('shown').textContent = wordsOf(shown);
  at('look').hidden = opened === undefined;
  orders.draw();
  evaluation.draw();
}

function itemOf(row) {
  const [item, button, title, rest] = ['li', 'button', 'strong', 'span'].map((tag) =>
    document.createElement(tag),
  );
  button.type = 'button';
  title.textContent = titleOf(row);
  rest.textContent = `${row.short} · ${row.station} · ${stateOf(row)}`;
  button.append(title, rest);
  button.addEventListener('click', () => open(row));
  item.append(button);
  return item;
}

function open(row) {
  close();
  opened = row;
  shown = row.state === 'deleted' ? { key: 'deleted' } : undefined;
  orders.show(row);
  evaluation.show(row);
  draw();
  at('which').focus();
}

function close() {
  looks++;
  stop();
  stop = () => undefined;
  opened = undefined;
  shown = undefined;
  at('film').hidden = true;
  at('picture').hidden = true;
  at('picture').width = 0;
  at('open').reset();
  orders.show(undefined);
  evaluation.show(undefined);
  draw();
}

function show(what) {
  shown = what;
  draw();
}

async function look() {
  const own = ++looks;
  const isOver = () => own !== looks;
  const row = opened;
  stop();
  at('film').hidden = true;
  at('picture').hidden = true;
  let identities;
  try {
    identities = identitiesOf(await at('identity').files[0].text());
  } catch {
    return show({ key: 'badIdentity' });
  }
  show({ key: 'opening' });
  try {
    const { station, recording } = row;
    const reason = at('reason').value;
    const path = `/v1/recordings/${station}/${recording}`;
    const { sealed: facts, original } = await (await ask(`${path}/manifest`)).json();
    const body = JSON.stringify({ station, recording, reason });
    const { look: id } = await (await ask('/v1/looks', { method: 'POST', body })).json();
    const fetchRange = keptRange(async (start, end) => {
      const headers = { range: `bytes=${start}-${end - 1}` };
      return new Uint8Array(await (await ask(`${path}/payload?look=${id}`, { headers })).arrayBuffer());
    }, facts.size_bytes);
    const sealed = await openSealed(fetchRange, facts.size_bytes, identities);
    if (sealed.sizeBytes !== original.size_bytes) throw new Error('another size');
    const film = await openFilm(sealed);
    const picture = film === undefined ? await openPicture(sealed) : undefined;
    if (isOver()) return;
    if (film !== undefined) {
      at('film').hidden = false;
      stop = film.play(at('film'), (error) => show(failure(error, { key: 'unplayable', places: row })));
      at('film').focus();
    } else if (picture !== undefined) {
      picture.draw(at('picture'));
      at('picture').hidden = false;
    } else return show({ key: 'unplayable', places: row });
    show({ key: 'shown' });
  } catch (error) {
    if (isOver()) return;
    show(failure(error, { key: 'notForIt' }));
  }
}

/** What the store said, or that it says nothing; else what is likely where neither is the reason. */
function failure(error, otherwise) {
  if (error instanceof Refused) return { text: error.message };
  return error instanceof TypeError && error.message.includes('fetch') ? { key: 'noAnswer' } : otherwise;
}

/** Asks for a mebibyte at least, and keeps the last one: small reads follow each other. Sealed bytes. */
function keptRange(ask, sizeBytes) {
  let from = 0;
  let kept = new Uint8Array();
  return async (start, end) => {
    if (start < from || end > from + kept.length) {
      kept = await ask(start, Math.min(sizeBytes, Math.max(end, start + KEPT_BYTES)));
      from = start;
      return kept.subarray(0, end - start);
    }
    return kept.subarray(start - from, end - from);
  };
}

const evaluation = evaluationOf({ ask, say, failure });
const orders = ordersOf({ ask, say, momentOf, titleOf, failure, open });
at('language').addEventListener('click', () => {
  root.lang = root.lang === 'de' ? 'en' : 'de';
  draw();
});
at('find').addEventListener('submit', (event) => {
  event.preventDefault();
  offset = 0;
  void find();
});
at('newer').addEventListener('click', () => {
  offset = Math.max(0, offset - PAGE);
  void find();
});
at('older').addEventListener('click', () => {
  offset += PAGE;
  void find();
});
at('open').addEventListener('submit', (event) => {
  event.preventDefault();
  void look();
});
at('close').addEventListener('click', close);
root.lang = navigator.language.startsWith('de') ? 'de' : 'en';
at('store').value = location.hash.slice(1);
draw();
if (at('store').value !== '' && at('store').checkValidity()) void find();
