import { escapeText } from '../../../core/quoted-text';
import { check, Where } from '../../../core/validation';

/** A section of an INI file. What is undefined is left out. */
export interface ConfSection {
  readonly name: string;
  readonly values: { readonly [key: string]: string | number | boolean | readonly string[] | undefined };
}

/** An INI file as oslo.config reads it: `$` refers to other options unless it is doubled, lists are separated by commas, a value ends with its line. */
export function osloConf(where: Where, sections: readonly ConfSection[]): string {
  return sections
    .map(({ name, values }) => {
      const lines = Object.entries(values)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => `${key} = ${valueText(where, `${name}.${key}`, value!)}\n`);
      return `[${name}]\n${lines.join('')}`;
    })
    .join('\n');
}

function valueText(where: Where, name: string, value: string | number | boolean | readonly string[]): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  check(where, text, (given) => !/[\n\r]/.test(given) && given.trim() === given, {
    problem: `${name} must be one line, without blanks around it`,
    fix: 'choose another value',
  });
  return escapeText(text, [['$', '$$']]);
}
