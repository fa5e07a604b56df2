import { fail, Where } from './validation';

/** More threads than any machine has: what a slip such as `0-99999999` is refused by. */
const LAST = 8191;

/** The numbers of a list of CPUs in Linux's notation, `0-3,8`, in ascending order. Whatever isn't one is an error. */
export function parseCpuSet(where: Where, name: string, text: string): number[] {
  const bad = (problem: string): never => fail(where, { problem: `${name} ${problem}`, value: text, fix: 'write it as `lscpu` does: 0-15,32-47' });
  if (typeof text !== 'string' || !/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(text)) bad('is not a list of CPUs');
  const seen = new Set<number>();
  for (const range of text.split(',')) {
    const [first, last = first] = range.split('-').map(Number);
    if (last < first) bad(`has a range that ends before it begins (${range})`);
    if (last > LAST) bad(`has a CPU beyond ${LAST}`);
    for (let cpu = first; cpu <= last; cpu++) {
      if (seen.has(cpu)) bad(`has CPU ${cpu} twice`);
      seen.add(cpu);
    }
  }
  return [...seen].sort((a, b) => a - b);
}

/** The same as text, with ranges where there are any. */
export function formatCpuSet(cpus: readonly number[]): string {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const cpu of sorted) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last[1] === cpu - 1) last[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
