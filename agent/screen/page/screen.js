// The screen of the dock: shows what the stream says, in the language of the page. It keeps nothing, and asks nobody but its own station.
'use strict';

const AGAIN_MS = 1000;
/** The stream says something every 2 s. */
const QUIET_MS = 6000;
const DAY_MS = 86_400_000;
const texts = JSON.parse(document.body.dataset.texts);
const root = document.documentElement;
const at = (id) => document.getElementById(id);
const wantsDark = matchMedia('(prefers-color-scheme: dark)');
let view;
let heardAtMs = performance.now();

function say(key, places = {}) {
  return texts[root.lang][key].replaceAll(/\{(\w+)\}/g, (_, name) => places[name]);
}

/** "bay-3" is 3 on the dock. */
const numberOf = (bay) => /^bay-(\d+)$/.exec(bay)?.[1] ?? bay;

function timeOf(instant) {
  const isToday = Date.now() - Date.parse(instant) < DAY_MS / 2;
  const time = { hour: '2-digit', minute: '2-digit' };
  const day = isToday ? {} : { day: '2-digit', month: '2-digit' };
  return new Date(instant).toLocaleString(root.lang === 'de' ? 'de-DE' : 'en-GB', { ...day, ...time });
}

function bayOf(bay) {
  const item = document.querySelector('template').content.firstElementChild.cloneNode(true);
  const put = (name, text) => {
    item.querySelector(`.${name}`).textContent = text;
  };
  item.dataset.light = bay.light;
  item.classList.toggle('is-next', bay.next);
  put('label', say('bay'));
  put('number', numberOf(bay.bay));
  put('word', say(`word.${bay.light}`));
  put('camera', bay.camera ?? '');
  put('do', bay.todo?.[root.lang] ?? say(`do.${bay.light}`));
  put('next', bay.next ? say('next') : '');
  const detail = [];
  if (bay.percent !== null) detail.push(say('percent', bay));
  if (bay.left !== null) detail.push(say('left', { time: bay.left[root.lang] }));
  if (bay.percent === null && bay.charge_percent !== null)
    detail.push(say('charge', { percent: bay.charge_percent }));
  put('detail', detail.join(', '));
  const bar = item.querySelector('progress');
  if (bay.percent === null) bar.remove();
  else {
    bar.value = bay.percent;
    bar.setAttribute('aria-label', say('progress'));
  }
  for (const shape of item.querySelectorAll('svg > *'))
    if (!shape.classList.contains(bay.light)) shape.remove();
  return item;
}

function paragraph(text) {
  const element = document.createElement('p');
  element.textContent = text;
  return element;
}

/** Of all counts of columns the one whose cells are largest. */
function arrange() {
  const count = view?.bays.length ?? 1;
  const box = at('bays').getBoundingClientRect();
  const height = innerHeight - (document.body.offsetHeight - box.height);
  const sizes = Array.from({ length: count }, (_, index) => {
    const columns = index + 1;
    return Math.min(box.width / columns / 2, height / Math.ceil(count / columns));
  });
  at('bays').style.setProperty('--columns', sizes.indexOf(Math.max(...sizes)) + 1);
}

/** Texts are set only where they changed: a reader of the screen says them once. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** What was shown may be so no longer, and nobody is to take a camera by it. */
function isLost() {
  return performance.now() - heardAtMs > QUIET_MS;
}

function show() {
  root.classList.toggle('is-lost', isLost());
  at('lost').hidden = !isLost();
  put(at('lost'), isLost() ? say('lost') : '');
  document.title = say('title');
  put(at('title'), say('title'));
  put(at('language'), say('other'));
  at('language').lang = root.lang === 'de' ? 'en' : 'de';
  put(at('theme'), say(isDark() ? 'light' : 'dark'));
  put(at('call'), say('call'));
  if (view === undefined) return;
  at('bays').replaceChildren(...view.bays.map(bayOf));
  at('notes').replaceChildren(...view.notes.map((note) => paragraph(note[root.lang])));
  const help = view.bays.find(({ light, todo }) => light === 'call-someone' && todo !== null);
  put(at('help'), help === undefined ? '' : `${say('bay')} ${numberOf(help.bay)}: ${help.todo[root.lang]}`);
  const out = view.out.map(({ camera, since }) => say('outSince', { camera, at: timeOf(since) }));
  if (view.out_more > 0) out.push(say('more', { count: view.out_more }));
  put(at('out'), out.length === 0 ? '' : `${say('out')}: ${out.join(', ')}`);
  arrange();
}

function isDark() {
  return root.dataset.theme === undefined ? wantsDark.matches : root.dataset.theme === 'dark';
}

/** A stream that fails is opened again by this page: a browser gives some failures up. */
function listen() {
  const stream = new EventSource('/stream');
  const heard = () => {
    heardAtMs = performance.now();
  };
  stream.addEventListener('version', ({ data }) => {
    if (data !== document.body.dataset.version) location.reload();
  });
  stream.addEventListener('alive', heard);
  stream.addEventListener('message', ({ data }) => {
    heard();
    view = JSON.parse(data);
    show();
  });
  stream.addEventListener('error', () => {
    stream.close();
    heardAtMs = -Infinity;
    show();
    setTimeout(listen, AGAIN_MS);
  });
}

at('language').addEventListener('click', () => {
  root.lang = root.lang === 'de' ? 'en' : 'de';
  show();
});
at('theme').addEventListener('click', () => {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  show();
});
addEventListener('resize', show);
wantsDark.addEventListener('change', show);
setInterval(() => {
  if (isLost() !== root.classList.contains('is-lost')) show();
}, AGAIN_MS);
show();
listen();
