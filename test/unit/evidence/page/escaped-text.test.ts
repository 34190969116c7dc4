// Texts of cameras and stations in pages: nothing in them is markup, and nothing in them hides or turns what a reader sees.
import { expect, test } from 'vitest';
import { escapeHtml } from '../../../../agent/evidence/page/blocks.ts';

test('markup is text', () => {
  expect(escapeHtml(`<a href="x">&'`)).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
});

test('characters that nobody sees are named, and letters of all scripts stay', () => {
  const name = 'GP4\u202e4PM.\u2066x\u0000\u001b[1m\u0085\u200f\u2028';
  expect(escapeHtml(name)).toBe('GP4\\u202e4PM.\\u2066x\\u0000\\u001b[1m\\u0085\\u200f\\u2028');
  const plain = 'Wache Süd, \u05e9\u05dc\u05d5\u05dd, 日本\n\t\u{1f3a5}';
  expect(escapeHtml(plain)).toBe(plain);
});
