// The file `copyright` of a package: the owner's word on the project, and name, version, licence and its text of each library in it.
// The format is Debian's machine-readable one.
import { licenceText, type Library } from './libraries.ts';

const OWNER = `Files: *
Copyright: the owner of bodydock
License: none-yet
 The owner of this program has not chosen a licence yet. Until then nobody but
 the owner and whom the owner allows may use, copy, change or pass it on.
`;

/** Statically linked into the native part of the library. */
const LIBUSB = `Comment:
 The native part holds libusb, which is under the GNU Lesser General Public
 License, version 2.1 or later (/usr/share/common-licenses/LGPL-2.1). The
 source of libusb and of the part that it is linked into, with all that is
 needed to build and link them anew, is the npm package of this name and
 version; "npm rebuild usb --build-from-source" does it. The file that comes
 out takes the place of the one here.
`;

/** Whose code is in a package. */
export interface Holdings {
  /** The program's folder in the package, absolute there. */
  readonly folder: string;
  /** Libraries whose code is put together with ours in dist/. */
  readonly bundled: readonly Library[];
  /** Libraries that have files of their own, at this path below the program's folder. */
  readonly installed: readonly { readonly library: Library; readonly path: string }[];
}

/** The text, the same for the same libraries. */
export async function copyrightText({ folder, bundled, installed }: Holdings): Promise<string> {
  const head =
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: bodydock\n';
  const program = folder.slice(1);
  const own = await Promise.all(
    installed.map(async ({ library, path }) => {
      const text = await licenceText(library);
      return [
        `Files: ${program}/${path}/*`,
        `Copyright: ${holders(text, library).join('\n ')}`,
        `License: ${library.licence === '' ? 'as-delivered' : library.licence.replaceAll(/[()]/g, '').trim()}`,
        indented(termsOf(library, text)),
        ...(library.name === 'usb' ? [LIBUSB.trimEnd()] : [`Comment: ${named(library)}`]),
        '',
      ].join('\n');
    }),
  );
  return [head, OWNER, ...(await together(`${program}/dist/*`, bundled)), ...own].join('\n');
}

/** One paragraph for the files, and one for the terms of each library in them. */
async function together(files: string, libraries: readonly Library[]): Promise<string[]> {
  const texts = await Promise.all(libraries.map(licenceText));
  const facts = libraries.map((library, index) => ({ library, text: texts[index] ?? '' }));
  const paragraph = [
    `Files: ${files}`,
    'Copyright: the owner of bodydock',
    ...new Set(facts.flatMap(({ library, text }) => holders(text, library).map((holder) => ` ${holder}`))),
    `License: ${['none-yet', ...libraries.map(termsName)].join(' and ')}`,
    'Comment: our own code, and that of these libraries:',
    ...libraries.map((library) => ` ${named(library)}, ${library.licence}`),
    '',
  ].join('\n');
  const terms = facts.map(({ library, text }) =>
    [`License: ${termsName(library)}`, indented(termsOf(library, text)), ''].join('\n'),
  );
  return [paragraph, ...terms];
}

/** One of each library and version: the names of licences alone do not tell the holders that the texts name. */
function termsName({ name, version }: Library): string {
  return `${name.replaceAll('/', '-').replaceAll('@', '')}-${version}`;
}

function named({ name, version }: Library): string {
  return `${name} ${version}`;
}

function termsOf(library: Library, text: string): string {
  return text === '' ? `${named(library)} says "${library.licence}" and delivers no text.` : text;
}

function holders(text: string, library: Library): string[] {
  const lines = text
    .split('\n')
    .filter((line) => /^\s*(?:portions\s+)?copyright\b.*(?:\d{4}|©|\(c\))/i.test(line));
  const found = lines.map((line) => line.trim().replace(/^copyright\s*/i, ''));
  if (found.length > 0) return found;
  return [library.holder === '' ? `the authors of ${library.name}` : library.holder];
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}
