/**
 * Proves the library against real programs. See README.md in this folder.
 *
 *   npm run conformance                    every check
 *   npm run conformance -- stacks kubeadm  the checks whose name contains one of the words, or that need a component of that name
 *   npm run conformance -- --list          what there is
 *   npm run conformance -- --keep          the working folders of checks that passed stay, too
 *   npm run conformance:nodes              the checks of the folder nodes: a real cluster in real machines (--in nodes)
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import type { Check, Context } from './harness/check';
import { bringUp, type Component, COMPONENTS } from './harness/components';
import { lock } from './harness/lock';
import { endAll, resume } from './harness/process';

interface NamedCheck extends Check {
  /** File and name: `stacks: foundation`. */
  readonly title: string;
}

type State = { settled: boolean; values?: { readonly [name: string]: string }; error?: Error; readonly done: Promise<void> };

const seconds = (since: number) => `${Math.round((Date.now() - since) / 1000)} s`;
const say = (text: string) => process.stderr.write(`[${new Date().toTimeString().slice(0, 8)}] ${text}\n`);

function loadChecks(inFolder: string): NamedCheck[] {
  const folder = path.join(__dirname, inFolder);
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.check.ts'));
  const checks = files.sort().flatMap((file) => {
    const { checks: list } = require(path.join(folder, file)) as { checks?: readonly Check[] };
    if (!Array.isArray(list)) throw new Error(`${file} exports no list named checks`);
    return list.map((check: Check) => ({ ...check, title: `${path.basename(file, '.check.ts')}: ${check.name}` }));
  });
  const twice = checks.find(({ title }, index) => checks.findIndex((other) => other.title === title) !== index);
  if (twice) throw new Error(`two checks have the title "${twice.title}"`);
  return checks;
}

function select(checks: readonly NamedCheck[], words: readonly string[]): NamedCheck[] {
  for (const word of words) {
    if (!checks.some((check) => matches(check, word))) throw new Error(`no check matches "${word}"; --list shows them all`);
  }
  return checks.filter((check) => words.length === 0 || words.some((word) => matches(check, word)));
}

function matches(check: NamedCheck, word: string): boolean {
  return check.title.includes(word) || check.needs.some((need) => need === word);
}

class Runner {
  private readonly states = new Map<Component, State>();
  private readonly stops: (() => Promise<void>)[] = [];
  private readonly failed: string[] = [];
  private passed = 0;
  private interrupted = false;

  constructor(
    private readonly checks: readonly NamedCheck[],
    private readonly keep: boolean,
  ) {}

  async run(): Promise<boolean> {
    const began = Date.now();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void this.interrupt(signal));
    const needed = new Set(this.checks.flatMap((check) => check.needs));
    for (const component of COMPONENTS.filter((name) => needed.has(name))) this.begin(component);

    // The cloud is slow and takes one check at a time. Those that don't need it run beside it, two at a time: they wait for programs more than they compute.
    const onCloud = ({ needs }: NamedCheck) => needs.includes('openstack');
    const [cloud, others] = [this.checks.filter(onCloud), this.checks.filter((check) => !onCloud(check))];
    await Promise.all([this.runAll(cloud), this.runAll(others), this.runAll(others)]);

    await Promise.all([...this.states.values()].map((state) => state.done));
    await endAll(); // what a check forgot would keep this program from ending
    resume();
    for (const stop of this.stops.reverse()) await stop().catch((error: Error) => this.failed.push(this.report('tear-down', 'FAILED', began, error)));
    process.stdout.write(`\n${this.failed.map((line) => `${line}\n`).join('')}`);
    process.stdout.write(`${this.interrupted ? 'interrupted; ' : ''}after ${seconds(began)}\n`);
    process.stdout.write(`${this.passed} passed, ${this.failed.length} failed\n`);
    return this.failed.length === 0 && this.passed > 0 && !this.interrupted;
  }

  /** Takes one check after the other from those that wait, in their order, but those whose components are ready don't wait for those whose components are not. */
  private async runAll(waiting: NamedCheck[]): Promise<void> {
    while (waiting.length > 0) {
      const index = waiting.findIndex(({ needs }) => needs.every((need) => this.state(need).settled));
      if (index >= 0) await this.runCheck(waiting.splice(index, 1)[0]);
      else await Promise.race([...this.states.values()].filter((state) => !state.settled).map((state) => state.done));
    }
  }

  private begin(component: Component): void {
    const began = Date.now();
    const work = bringUp(component, (stop) => this.stops.push(stop));
    const state: State = {
      settled: false,
      done: work.then(
        (values) => {
          state.values = values;
          state.settled = true;
          say(`${component} is ready after ${seconds(began)}`);
        },
        (error: Error) => {
          state.error = error;
          state.settled = true;
          say(`${component} can't be had: ${error.message}`);
        },
      ),
    };
    this.states.set(component, state);
  }

  private state(component: Component): State {
    return this.states.get(component)!;
  }

  private async runCheck(check: NamedCheck): Promise<void> {
    if (this.interrupted) {
      this.failed.push(this.report(check.title, 'FAILED', Date.now(), new Error('not run: interrupted')));
      return;
    }
    const missing = check.needs.find((need) => this.state(need).error);
    if (missing) {
      this.failed.push(
        this.report(check.title, 'FAILED', Date.now(), new Error(`not run: ${missing} can't be had: ${this.state(missing).error!.message}`)),
      );
      return;
    }
    // Whoever works on the cloud has it alone, else the comparison before and after says nothing.
    const unlock = check.needs.includes('openstack') ? await this.lockCloud() : undefined;
    const began = Date.now();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'strata-'));
    const cleanUps: (() => Promise<void> | void)[] = [];
    const context: Context = {
      folder,
      value: (name) => {
        const value = check.needs.map((need) => this.state(need).values![name]).find((found) => found !== undefined);
        if (value === undefined) throw new Error(`no component that "${check.title}" needs tells ${name}`);
        return value;
      },
      defer: (cleanUp) => cleanUps.push(cleanUp),
      log: (text) => say(`${check.title}: ${text}`),
    };
    let failure: Error | undefined;
    try {
      await check.run(context);
    } catch (error) {
      failure = error as Error;
    }
    resume(); // an interrupted check still cleans up
    for (const cleanUp of cleanUps.reverse()) {
      try {
        await cleanUp();
      } catch (error) {
        failure ??= new Error(`clean-up: ${(error as Error).message}`);
      }
    }
    await unlock?.();
    if (failure) {
      this.failed.push(this.report(check.title, 'FAILED', began, failure, folder));
      return;
    }
    this.passed += 1;
    this.report(check.title, 'ok', began);
    if (this.keep) say(`${check.title}: ${folder}`);
    else fs.rmSync(folder, { recursive: true, force: true });
  }

  private async lockCloud(): Promise<() => Promise<void>> {
    const file = path.join(path.dirname(this.state('openstack').values!.OPENRC), 'lock');
    const patience = setTimeout(() => say(`waiting for the cloud, which another run has (${file})`), 2_000);
    try {
      return await lock(file);
    } finally {
      clearTimeout(patience);
    }
  }

  /** Prints the line of a check, and returns it for the summary at the end. */
  private report(title: string, verdict: 'ok' | 'FAILED', began: number, error?: Error, folder?: string): string {
    const [reason, ...details] = error ? error.message.split('\n') : [];
    const line = `${verdict.padEnd(6)} ${title} (${seconds(began)})${reason ? `: ${reason}` : ''}`;
    process.stdout.write(`${line}\n${details.map((detail) => `         ${detail}\n`).join('')}`);
    if (folder) process.stdout.write(`         its files: ${folder}\n`);
    return line;
  }

  private async interrupt(signal: string): Promise<void> {
    if (this.interrupted) return;
    this.interrupted = true;
    say(`${signal}: stopping what was started`);
    await endAll();
  }
}

async function main(): Promise<void> {
  // only a run that came to its end can be a good one
  process.exitCode = 1;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { list: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false }, in: { type: 'string', default: 'checks' } },
  });
  const checks = select(loadChecks(values.in), positionals);
  if (values.list) {
    for (const check of checks) process.stdout.write(`${check.title}  [${check.needs.join(', ')}]\n`);
    process.exitCode = 0;
    return;
  }
  if (await new Runner(checks, values.keep).run()) process.exitCode = 0;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
});
