// Evaluated in a page: every text that leaves its box or the page, and labels of charts that are cut or lie over each other.
(() => {
  const faults = [];
  const told = (element) =>
    `<${element.tagName.toLowerCase()}> "${(element.textContent ?? '').trim().slice(0, 60)}"`;
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth)
    faults.push(`the page is ${wide.scrollWidth} px wide and has room for ${wide.clientWidth}`);
  for (const element of document.querySelectorAll('td, th, p, li, pre, h1, h2, h3, div, article'))
    if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
      faults.push(`text leaves its box by ${element.scrollWidth - element.clientWidth} px: ${told(element)}`);
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
