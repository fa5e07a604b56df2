/** Reads cloud.conf by the rules of gcfg's scanner and parser (gopkg.in/gcfg.v1 1.2.3), which the OpenStack controllers use. */

/** Values by section (`Global`, `LoadBalancerClass "office"`) and key. */
export type Gcfg = Record<string, Record<string, string[]>>;

export function readGcfg(text: string): Gcfg {
  if (text.includes('\0')) throw new Error('illegal character NUL');
  const result: Gcfg = {};
  let section: Record<string, string[]> | undefined;
  let at = 0;
  const skipBlank = () => {
    while (' \t\r'.includes(text[at] ?? '\n')) at++;
  };
  const identifier = () => {
    const match = /^[\p{L}\p{Nd}-]+/u.exec(text.slice(at));
    if (!match || !/^\p{L}/u.test(match[0])) throw new Error(`illegal character ${JSON.stringify(text[at])}`);
    at += match[0].length;
    return match[0];
  };
  const endOfLine = () => {
    skipBlank();
    if (text[at] === ';' || text[at] === '#') while (at < text.length && text[at] !== '\n') at++;
    if (at < text.length && text[at] !== '\n') throw new Error(`expected the end of the line, found ${JSON.stringify(text.slice(at, at + 10))}`);
    at++;
  };
  while (at < text.length) {
    skipBlank();
    if (text[at] === undefined || '\n;#'.includes(text[at])) {
      endOfLine();
    } else if (text[at] === '[') {
      at++;
      skipBlank();
      let name = identifier();
      skipBlank();
      if (text[at] === '"') {
        const { value, end } = quoted(text, at + 1, '\\"');
        name += ` "${value}"`;
        at = end;
        skipBlank();
      }
      if (text[at++] !== ']') throw new Error('expected ]');
      section = result[name] ??= {};
      endOfLine();
    } else {
      if (!section) throw new Error('expected a section header');
      const key = identifier();
      skipBlank();
      let value = 'true';
      if (text[at] === '=') {
        at++;
        skipBlank();
        ({ value, at } = unquote(text, at));
      }
      (section[key] ??= []).push(value.replaceAll('\r', ''));
      endOfLine();
    }
  }
  return result;
}

/** A value: pieces in quotes and not, up to a comment or the end of the line. */
function unquote(text: string, start: number): { value: string; at: number } {
  let value = '';
  let kept = 0;
  let at = start;
  while (at < text.length && !'\n;#'.includes(text[at])) {
    if (text[at] === '"') {
      const piece = quoted(text, at + 1, '\\"nt');
      value += piece.value;
      at = piece.end;
      kept = value.length;
    } else if (text[at] === '\\') {
      if (text[at + 1] !== '\n' && text[at + 1] !== '"') throw new Error("unquoted '\\' must be followed by new line or double quote");
      if (text[at + 1] === '"') value += '"';
      at += 2;
      kept = value.length;
    } else {
      value += text[at];
      if (!' \t\r'.includes(text[at])) kept = value.length;
      at++;
    }
  }
  return { value: value.slice(0, kept), at };
}

function quoted(text: string, start: number, escapes: string): { value: string; end: number } {
  let value = '';
  for (let at = start; ; at++) {
    if (at >= text.length || text[at] === '\n') throw new Error('string not terminated');
    if (text[at] === '"') return { value, end: at + 1 };
    if (text[at] !== '\\') {
      value += text[at];
      continue;
    }
    at++;
    if (!escapes.includes(text[at])) throw new Error(`unknown escape sequence \\${text[at]}`);
    value += text[at] === 'n' ? '\n' : text[at] === 't' ? '\t' : text[at];
  }
}
