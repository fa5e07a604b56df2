/** Fields of a schedule, in their order. */
const FIELDS = [
  { name: 'minute', min: 0, max: 59, names: [] as string[] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of the month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'day of the week', min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const;

const SHORT = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/**
 * What is wrong with a CronJob's schedule, or nothing. The API server reads it by the same rules: five fields of lists of `*`, a value or a range, each
 * with an optional step; names of months and days; `@daily` and the like. An empty entry of a list, which it overlooks, is an error here.
 */
export function scheduleProblem(schedule: string): string | undefined {
  if (SHORT.test(schedule)) return undefined;
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return `it has ${fields.length} fields, not ${FIELDS.length}`;
  const bad = FIELDS.findIndex((field, i) => !fields[i].split(',').every((part) => isPart(part, field)));
  return bad === -1 ? undefined : `its ${FIELDS[bad].name} isn't a list of values or ranges from ${FIELDS[bad].min} to ${FIELDS[bad].max}`;
}

function isPart(part: string, { min, max, names }: (typeof FIELDS)[number]): boolean {
  const [, all, from, to, step] = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
  if (step !== undefined && Number(step) === 0) return false;
  if (all !== undefined) return true;
  if (from === undefined) return false;
  const value = (text: string) => {
    const index = (names as readonly string[]).indexOf(text.toLowerCase());
    return index === -1 ? (/^\d+$/.test(text) ? Number(text) : NaN) : index + min;
  };
  const [first, last] = [value(from), value(to ?? from)];
  return first >= min && last <= max && first <= last;
}
