// Texts in what these cameras send. Pure.

/** Printable ASCII up to the first zero, without blanks at its ends; null where it is empty or anything else. Never throws. */
export function zeroPaddedText(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  return printableText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Printable ASCII without blanks at its ends; null where it is empty or anything else. Never throws. */
export function printableText(bytes: Uint8Array): string | null {
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return null;
  const text = Buffer.from(bytes).toString('latin1').trim();
  return text === '' ? null : text;
}

/** One byte for each character. The caller has made sure that there is nothing but ASCII in it. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
