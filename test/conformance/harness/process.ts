import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import * as fs from 'node:fs';

export interface ExecOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` takes a variable out. */
  readonly env?: { readonly [name: string]: string | undefined };
  /** Text for the program's standard input; without it there is none. */
  readonly input?: string;
  /** The program is ended, and has failed, after that time. @default 10 minutes */
  readonly timeoutMs?: number;
  /**
   * How it is ended before its time. Terraform wants SIGINT, as by Ctrl-C: it brings what it has begun to an end and writes it down, and its plugins, in the
   * same group, go on until it has; SIGTERM would end them at once and lose what they were making. @default SIGTERM
   */
  readonly endSignal?: 'SIGINT' | 'SIGTERM';
  /** Called with every piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in the order in which they came. */
  readonly output: string;
}

/** Process groups that are running now, and how they are ended: each child leads one, so that nothing that a program started outlives it. */
const groups = new Map<number, NodeJS.Signals>();
let stopping = false;

function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  if (stopping) throw new Error(`${program}: the run is being stopped`);
  return spawn(program, args, { ...options, detached: true });
}

/** Lets a child that leads a process group end with the run; returns what takes that back. */
export function track(child: ChildProcess, endSignal: NodeJS.Signals = 'SIGTERM'): () => void {
  const { pid } = child;
  if (pid === undefined) return () => undefined;
  groups.set(pid, endSignal);
  const untrack = () => void groups.delete(pid);
  child.on('close', untrack);
  return untrack;
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ends a process group: asks, and insists when the time is over. */
export async function endGroup(pid: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const patienceMs = signal === 'SIGINT' ? 60_000 : 15_000;
  signalGroup(pid, signal);
  const deadline = Date.now() + patienceMs;
  while (signalGroup(pid, 0)) {
    if (Date.now() > deadline) {
      signalGroup(pid, 'SIGKILL');
      return;
    }
    await sleep(100);
  }
}

/** Ends everything that is still running, and lets nothing new begin until `resume`. */
export async function endAll(): Promise<void> {
  stopping = true;
  await Promise.all([...groups].map(([pid, signal]) => endGroup(pid, signal)));
}

export function resume(): void {
  stopping = false;
}

/** Runs a program to its end and returns what it said, whatever its exit code. */
export function exec(program: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = start(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const { pid } = child;
    track(child, options.endSignal);
    let stdout = '';
    let stderr = '';
    let output = '';
    let timedOut = false;
    const timeoutMs = options.timeoutMs ?? 600_000;
    const timer = setTimeout(() => {
      timedOut = true;
      if (pid) void endGroup(pid, options.endSignal);
    }, timeoutMs);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
      options.onOutput?.(text);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      output += text;
      options.onOutput?.(text);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${program} can't be run: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const note = timedOut ? `\n${program} was ended after ${timeoutMs / 1000} s` : signal ? `\n${program} was ended by ${signal}` : '';
      resolve({ code: code ?? 128, stdout, stderr: stderr + note, output: output + note });
    });
    // a program that has stopped reading is judged by its exit code
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
  });
}

/** Runs a program that must succeed; the error carries the command and the end of its output. */
export async function run(program: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const result = await exec(program, args, options);
  const command = [program, ...args].join(' ');
  if (result.code !== 0) {
    throw new Error(`${command.length > 150 ? `${command.slice(0, 149)}…` : command} ended with ${result.code}:\n${tail(result.output)}`);
  }
  return result;
}

export interface Daemon {
  readonly pid: number;
  /** What it wrote, both streams. */
  readonly logFile: string;
  readonly running: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Starts a program that runs until it is stopped. */
export function daemon(program: string, args: readonly string[], logFile: string, options: Pick<ExecOptions, 'cwd' | 'env'> = {}): Daemon {
  const log = fs.openSync(logFile, 'a');
  const child = start(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', log, log] });
  fs.closeSync(log);
  let ended = false;
  child.on('error', (error) => {
    ended = true;
    fs.appendFileSync(logFile, `${program} can't be run: ${error.message}\n`);
  });
  child.on('exit', (code, signal) => {
    ended = true;
    fs.appendFileSync(logFile, `${program} ended with ${signal ?? code}\n`);
  });
  track(child);
  return {
    pid: child.pid ?? 0,
    logFile,
    running: () => !ended,
    stop: async () => {
      if (child.pid && !ended) await endGroup(child.pid);
    },
  };
}

/** Asks until the answer is true; fails after the time, or at once when the daemon that should answer is gone. */
export async function waitFor(what: string, answer: () => Promise<boolean>, options: { timeoutMs?: number; daemon?: Daemon } = {}): Promise<void> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await answer().catch(() => false)) return;
    const gone = options.daemon !== undefined && !options.daemon.running();
    if (stopping || gone || Date.now() > deadline) {
      const log = options.daemon ? `:\n${tail(fs.readFileSync(options.daemon.logFile, 'utf8'))}` : '';
      throw new Error(`${what}: ${gone ? 'the program has ended' : `not after ${timeoutMs / 1000} s`}${log}`);
    }
    await sleep(200);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Fails unless a program ended so, or in some failure, and said those words, however they were wrapped. */
export function expectExit(what: string, { code, output }: ExecResult, wanted: number | 'failure', ...words: readonly (string | RegExp)[]): void {
  const flat = output.replace(/\s+/g, ' ');
  const missing = words.filter((word) => (typeof word === 'string' ? !output.includes(word) && !flat.includes(word) : !word.test(output)));
  const ended = wanted === 'failure' ? code !== 0 : code === wanted;
  if (ended && missing.length === 0) return;
  throw new Error(
    `${what}: ended with ${code} instead of ${wanted}${missing.length > 0 ? `, without ${missing.join(' | ')}` : ''}:\n${tail(output, 60)}`,
  );
}

/** The last lines of a text, for error messages. */
export function tail(text: string, lines = 40): string {
  // eslint-disable-next-line no-control-regex
  const all = text
    .replace(/\u001b\[[0-9;]*m/g, '')
    .trimEnd()
    .split('\n');
  return (all.length > lines ? ['…', ...all.slice(-lines)] : all).join('\n');
}
