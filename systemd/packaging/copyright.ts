// The file `copyright` of a package: the owner's word on the project, and name, version, licence and its text of each library in it.
// The format is Debian's machine-readable one.
import { relative } from 'node:path';
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

/** The text, the same for the same libraries. `folder` is the program's folder in the package, `project` where the libraries lie now. */
export async function copyrightText(
  project: string,
  folder: string,
  libraries: readonly Library[],
): Promise<string> {
  const head =
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: bodydock\n';
  const parts = await Promise.all(
    libraries.map(async (library) => {
      const place = `${folder}/${relative(project, library.folder)}`.slice(1);
      const text = await licenceText(library);
      return [
        `Files: ${place}/*`,
        `Copyright: ${holders(text, library)}`,
        `License: ${library.licence === '' ? 'as-delivered' : library.licence.replaceAll(/[()]/g, '').trim()}`,
        indented(
          text === ''
            ? `${library.name} ${library.version} says "${library.licence}" and delivers no text.`
            : text,
        ),
        ...(library.name === 'usb' ? [LIBUSB.trimEnd()] : [`Comment: ${library.name} ${library.version}`]),
        '',
      ].join('\n');
    }),
  );
  return [head, OWNER, ...parts].join('\n');
}

function holders(text: string, library: Library): string {
  const lines = text
    .split('\n')
    .filter((line) => /^\s*(?:portions\s+)?copyright\b.*(?:\d{4}|©|\(c\))/i.test(line));
  const found = lines.map((line) => line.trim().replace(/^copyright\s*/i, ''));
  if (found.length > 0) return found.join('\n ');
  return library.holder === '' ? `the authors of ${library.name}` : library.holder;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}
