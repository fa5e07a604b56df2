/** Reads Terraform's template syntax as far as the tests need it: which expressions stand in a string, and what they refer to. */

/** An expression of a template. */
export interface Expression {
  /** The expression with the contents of its string literals removed; what is interpolated inside them stays, in parentheses. */
  readonly code: string;
  /** Whether it is the whole string: only then does the string take the expression's type. */
  readonly whole: boolean;
}

/** What an expression refers to: `openstack_networking_port_v2.api[0].id` is `{ kind: 'resource', type, name, attribute: 'id' }`. */
export interface Reference {
  readonly kind: 'resource' | 'data' | 'local' | 'var' | 'module' | 'each' | 'count' | 'self' | 'path' | 'terraform';
  readonly type?: string;
  readonly name: string;
  /** The first attribute after the name and its indexes, if there is one. */
  readonly attribute?: string;
  /** As it stands there. */
  readonly text: string;
}

/** The expressions of a string; throws if one isn't closed. */
export function expressionsOf(text: string): Expression[] {
  if (!text.includes('${') && !text.includes('%{')) return [];
  const found: Expression[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at) || text.startsWith('%%{', at)) {
      at += 3;
    } else if (text.startsWith('${', at) || text.startsWith('%{', at)) {
      const { code, end } = expression(text, at + 2);
      found.push({ code, whole: at === 0 && end === text.length && text[0] === '$' });
      at = end;
    } else {
      at++;
    }
  }
  return found;
}

/** What is left of a string without its expressions: its literals. */
export function literalsOf(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at) || text.startsWith('%%{', at)) {
      out += text.slice(at + 1, at + 3);
      at += 3;
    } else if (text.startsWith('${', at) || text.startsWith('%{', at)) {
      at = expression(text, at + 2).end;
    } else {
      out += text[at++];
    }
  }
  return out;
}

/** Reads from behind `${` to behind its `}`. */
function expression(text: string, start: number): { code: string; end: number } {
  let code = '';
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const literal = quoted(text, at + 1);
      code += `""${literal.inside}`;
      at = literal.end - 1;
    } else if (char === '}' && depth === 0) {
      return { code, end: at + 1 };
    } else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      code += char;
    }
  }
  throw new Error(`an expression isn't closed: ${text.slice(Math.max(0, start - 2), start + 60)}`);
}

/** Reads from behind a quote to behind the one that closes it. */
function quoted(text: string, start: number): { inside: string; end: number } {
  let inside = '';
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') {
      at++;
    } else if (text.startsWith('$${', at) || text.startsWith('%%{', at)) {
      at += 2;
    } else if (text.startsWith('${', at) || text.startsWith('%{', at)) {
      const { code, end } = expression(text, at + 2);
      inside += `(${code})`;
      at = end - 1;
    } else if (text[at] === '"') {
      return { inside, end: at + 1 };
    }
  }
  throw new Error(`a string isn't closed in an expression: ${text.slice(Math.max(0, start - 20), start + 40)}`);
}

/**
 * The references in an expression's code. `isType` tells which `a.b` are resources: an object's attribute may look the same.
 */
export function referencesIn(code: string, isType: (word: string) => boolean): Reference[] {
  const references: Reference[] = [];
  for (const match of code.matchAll(/(?<![\w.\])-])([A-Za-z_][\w-]*)((?:\.[A-Za-z_*][\w-]*|\.\d+|\[[^[\]]*\])+)/g)) {
    const [text, head] = match;
    for (const index of match[2].matchAll(/\[([^[\]]*)\]/g)) references.push(...referencesIn(index[1], isType));
    const segments = [...match[2].replace(/\[[^[\]]*\]/g, '').matchAll(/\.([A-Za-z_][\w-]*)/g)].map((segment) => segment[1]);
    if (segments.length === 0) continue;
    if (head === 'data') {
      references.push({ kind: 'data', type: segments[0], name: segments[1] ?? '', attribute: segments[2], text });
    } else if (['local', 'var', 'module', 'each', 'count', 'self', 'path', 'terraform'].includes(head)) {
      references.push({ kind: head as Reference['kind'], name: segments[0], attribute: segments[1], text });
    } else if (isType(head)) {
      references.push({ kind: 'resource', type: head, name: segments[0], attribute: segments[1], text });
    }
  }
  return references;
}
