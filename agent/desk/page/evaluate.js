// The coding sheet beside the player: an evaluator answers the questions that came with this page about the recording that is open, and signs the answers
// here (SPEC 4.18, 7.11). What others said of it is not shown: two evaluations are to be two judgements.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { BadKey, signed, WrongPassword } from './minisign.js';

const { sha256: questionsSha256, questions } = JSON.parse(document.body.dataset.questions);
const root = document.documentElement;
const at = (id) => document.getElementById(id);
const made = (tag, props = {}) => Object.assign(document.createElement(tag), props);
const sorted = (fields) =>
  Object.fromEntries(Object.entries(fields).toSorted(([one], [other]) => (one < other ? -1 : 1)));

/** Where this machine is. */
function today() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** `page` is what desk.js gives: ask, say, failure. */
export function evaluationOf({ ask, say, failure }) {
  /** Elements whose words change with the language. */
  const worded = [];
  let row;
  let role = null;
  let count = 0;
  let said;
  let isBusy = false;
  let isDone = false;

  function answerOf(question, { id, text }) {
    const [label, words] = [made('label', { className: 'answer' }), made('span')];
    worded.push([words, text]);
    label.append(made('input', { type: 'radio', name: question, value: id, required: true }), words);
    return label;
  }
  at('questions').append(
    ...questions.map(({ id, text, answers }) => {
      const [field, legend] = [made('fieldset'), made('legend')];
      worded.push([legend, text]);
      field.append(legend, ...answers.map((answer) => answerOf(`answer-${id}`, answer)));
      return field;
    }),
  );

  function tell(key, places = {}) {
    said = { key, places };
    draw();
  }

  async function load() {
    const own = row;
    const { station, recording } = own;
    const answer = await (await ask(`/v1/evaluations?${new URLSearchParams({ station, recording })}`)).json();
    if (own !== row) return;
    role = answer.role;
    count = answer.evaluations.length;
    draw();
  }

  function show(shown) {
    row = shown;
    count = 0;
    said = undefined;
    isBusy = false;
    isDone = false;
    at('evaluate').reset();
    // The list of orders says that the store does not answer.
    if (row !== undefined) load().catch(() => undefined);
  }

  /** What is signed, canonical. Errors: where the store's manifest is of another recording. */
  async function textOf({ station, recording }, answers) {
    const path = `/v1/recordings/${station}/${recording}/manifest`;
    const bytes = new Uint8Array(await (await ask(path)).arrayBuffer());
    const manifest = JSON.parse(new TextDecoder().decode(bytes));
    if (manifest.recording !== recording || manifest.station !== station) throw new Error('another manifest');
    return JSON.stringify(
      sorted({
        type: 'evaluation',
        version: 1,
        station,
        recording,
        manifest_sha256: bytesToHex(sha256(bytes)),
        day: today(),
        questions_sha256: questionsSha256,
        answers: sorted(answers),
      }),
    );
  }

  async function sign() {
    const own = row;
    // Read before the form is disabled: what is disabled is not in it.
    const given = new FormData(at('evaluate'));
    const answers = Object.fromEntries(questions.map(({ id }) => [id, given.get(`answer-${id}`)]));
    const [keyText, password] = [await at('evaluator-key').files[0].text(), at('evaluator-password').value];
    isBusy = true;
    try {
      const document = await textOf(own, answers);
      let shown = -1;
      const signature = await signed(
        document,
        keyText,
        password,
        (part) => {
          const percent = Math.floor(part * 100);
          if (own !== row || percent === shown) return;
          shown = percent;
          tell('order.opening', { percent });
        },
        'evaluation',
      );
      if (own !== row) return;
      tell('order.sending');
      const body = JSON.stringify({ evaluation: document, signature });
      const { placed } = await (await ask('/v1/evaluations', { method: 'POST', body })).json();
      if (own !== row) return;
      isDone = true;
      at('evaluate').reset();
      tell(placed ? 'evaluation.placed' : 'evaluation.left');
      await load();
      at('evaluations-title').focus();
    } catch (error) {
      if (own !== row) return;
      if (error instanceof BadKey) tell('order.badKey');
      else if (error instanceof WrongPassword) tell('order.badPassword');
      else {
        const what = failure(error, { key: 'evaluation.bad' });
        said = what.text === undefined ? { key: what.key, places: {} } : { text: what.text };
      }
    } finally {
      isBusy = false;
      draw();
    }
  }

  function draw() {
    for (const [element, text] of worded) element.textContent = text[root.lang];
    at('evaluations').hidden = row === undefined || (role === null && count === 0);
    at('evaluate').hidden = role === null || isDone || row === undefined || row.state === 'deleted';
    at('evaluated-count').textContent = say('evaluation.count', { count });
    at('evaluated').textContent = said === undefined ? '' : (said.text ?? say(said.key, said.places));
    for (const each of at('evaluate').elements) each.disabled = isBusy;
  }

  at('evaluate').addEventListener('submit', (event) => {
    event.preventDefault();
    void sign();
  });
  return { show, draw };
}
