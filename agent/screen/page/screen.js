// The screen of the dock: shows what the stream says, in the language of the page, and asks staff for a report where the station wants one. It keeps
// nothing, and asks nobody but its own station.
'use strict';

const AGAIN_MS = 1000;
/** The stream says something every 2 s. */
const QUIET_MS = 6000;
const DAY_MS = 86_400_000;
/** Of a sheet that nobody touches any more. */
const LEFT_MS = 60_000;
const THANKED_MS = 15_000;
const texts = JSON.parse(document.body.dataset.texts);
const questions = JSON.parse(document.body.dataset.questions);
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
  const touch = item.querySelector('.touch');
  if (questions.length === 0) touch.remove();
  else {
    touch.dataset.bay = bay.bay;
    touch.setAttribute('aria-label', say('reportOn', { bay: numberOf(bay.bay) }));
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
  put(at('report'), say('report'));
  at('report').hidden = questions.length === 0;
  if (view === undefined) return;
  const focused = document.activeElement?.dataset.bay;
  at('bays').replaceChildren(...view.bays.map(bayOf));
  if (focused !== undefined) document.querySelector(`.touch[data-bay="${focused}"]`)?.focus();
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

// The report of the staff. One is given at most once, and what was answered is forgotten with the sheet.

let given;
let leaving;

function buttonOf(text, act) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  button.addEventListener('click', act);
  return button;
}

/** One step of a report. The sheet closes by itself where nobody goes on. */
function sheet({ asked, answers = [], kept = '', ways, hasWords = false, leftMs = LEFT_MS }) {
  clearTimeout(leaving);
  leaving = setTimeout(closeSheet, leftMs);
  at('asked').textContent = asked;
  at('answers').replaceChildren(...answers);
  at('words').hidden = !hasWords;
  at('words').value = '';
  at('kept').textContent = kept;
  at('ways').replaceChildren(...ways);
  if (!at('sheet').open) at('sheet').showModal();
  (hasWords ? at('words') : at('asked')).focus();
}

function closeSheet() {
  at('sheet').close();
}

function ask(index) {
  const question = questions[index];
  sheet({
    asked: question.text[root.lang],
    answers: question.answers.map(({ id, text }) =>
      buttonOf(text[root.lang], () => {
        given.answers[question.id] = id;
        if (index + 1 < questions.length) ask(index + 1);
        else void send(given, 'thanks');
      }),
    ),
    kept: say('kept'),
    ways: [buttonOf(say('skip'), closeSheet)],
  });
}

function begin(bay) {
  given = { bay, answers: {} };
  ask(0);
}

function askWords(bay) {
  const ended = () => {
    const text = at('words').value.trim();
    if (text === '') closeSheet();
    else void send({ bay, text }, 'thanksText');
  };
  sheet({
    asked: say('wordsLabel'),
    hasWords: true,
    ways: [buttonOf(say('send'), ended), buttonOf(say('close'), closeSheet)],
    leftMs: 10 * LEFT_MS,
  });
}

async function send(body, thanks) {
  const { bay } = body;
  clearTimeout(leaving);
  at('answers').replaceChildren();
  at('ways').replaceChildren();
  const status = await fetch('/report', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-bodydock-token': document.body.dataset.token },
    body: JSON.stringify(body),
  }).then(
    (answer) => answer.status,
    () => 0,
  );
  const close = buttonOf(say('close'), closeSheet);
  const isTaken = status === 204;
  sheet({
    asked: say(isTaken ? thanks : status === 429 ? 'enough' : 'failed'),
    ways: isTaken && thanks === 'thanks' ? [close, buttonOf(say('words'), () => askWords(bay))] : [close],
    leftMs: THANKED_MS,
  });
}

at('sheet').addEventListener('close', () => {
  clearTimeout(leaving);
  given = undefined;
  at('words').value = '';
});
at('bays').addEventListener('click', ({ target }) => {
  if (target.dataset.bay !== undefined) begin(target.dataset.bay);
});
at('report').addEventListener('click', () => begin(null));
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
