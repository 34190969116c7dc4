// Evaluated in a page: every text that leaves its box or the page or lacks a value, words that are cut in two, columns whose words run together, and labels of
// charts that are cut or lie over each other.
(() => {
  const faults = [];
  const told = (element) =>
    `<${element.tagName.toLowerCase()}> "${(element.textContent ?? '').trim().slice(0, 60)}"`;
  /** Pixels between the words of two columns, below which they read as one line. */
  const COLUMNS_APART = 5;
  /** A name or number that goes on before or after: it may be cut where it must. */
  const isOfLonger = (text, at) =>
    /\S{27}/.test(/\S*$/.exec(text.slice(0, at))[0] + /^\S*/.exec(text.slice(at))[0]);
  const boxesOf = (cell) => {
    const whole = document.createRange();
    whole.selectNodeContents(cell);
    return [...whole.getClientRects()].filter(({ width }) => width > 0);
  };
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth)
    faults.push(`the page is ${wide.scrollWidth} px wide and has room for ${wide.clientWidth}`);
  for (const element of document.querySelectorAll('td, th, p, li, pre, h1, h2, h3, div, article'))
    if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
      faults.push(`text leaves its box by ${element.scrollWidth - element.clientWidth} px: ${told(element)}`);
  for (const element of document.querySelectorAll('h1, h2, h3, p, li, td, th'))
    if (/\{[a-zA-Z]*\}/.test(element.textContent)) faults.push(`a value is not filled in: ${told(element)}`);
  const range = document.createRange();
  const boxesIn = (node, from, length) => {
    range.setStart(node, from);
    range.setEnd(node, from + length);
    return [...range.getClientRects()];
  };
  /** Pieces in several fonts begin a little above each other, and are on one line. */
  const lines = (boxes) => new Set(boxes.map(({ top, bottom }) => Math.round((top + bottom) / 24))).size;
  const isTelephone = wide.clientWidth < 600;
  /** A telephone has no room for the words of many columns. */
  const isHeadOfFew = (element) => element.closest('thead tr')?.cells.length <= 6;
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = words.nextNode(); node !== null; node = words.nextNode()) {
    if (isTelephone && !isHeadOfFew(node.parentElement)) continue;
    for (const { 0: word, index } of node.data.matchAll(/[\p{L}\p{N}]{2,26}/gu))
      if (!isOfLonger(node.data, index) && lines(boxesIn(node, index, word.length)) > 1)
        faults.push(`a word is cut in two: ${word}`);
  }
  for (const cell of isTelephone ? [] : document.querySelectorAll('td, th')) {
    if (/^\S{2,26}$/.test(cell.textContent) && lines(boxesOf(cell)) > 1)
      faults.push(`a name or number is cut in two: ${cell.textContent}`);
    const beside = cell.nextElementSibling;
    for (const one of boxesOf(cell))
      for (const other of beside === null ? [] : boxesOf(beside))
        if (
          one.top < other.bottom - 1 &&
          other.top < one.bottom - 1 &&
          other.left - one.right < COLUMNS_APART
        )
          faults.push(`columns run together: ${told(cell)} and ${told(beside)}`);
  }
  const meet = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  for (const chart of document.querySelectorAll('svg')) {
    const frame = chart.getBoundingClientRect();
    const labels = [...chart.querySelectorAll('text')].map((text) => ({
      text,
      box: text.getBoundingClientRect(),
    }));
    for (const { text, box } of labels)
      if (box.left < frame.left - 1 || box.right > frame.right + 1)
        faults.push(`label is cut: ${told(text)}`);
    for (const [at, { text, box }] of labels.entries())
      for (const { text: other, box: beside } of labels.slice(at + 1))
        if (meet(box, beside)) faults.push(`labels lie over each other: ${told(text)} and ${told(other)}`);
  }
  return faults;
})();
