import { describe, Finding, StrataError } from '../core/validation';

/** Where a value stands in an inventory: `['hosts', 3, 'nics', 0, 'mac']`. */
export type Path = readonly (string | number)[];

/** A path as it is written: `hosts[3].nics[0].mac`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`), '');
}

/** Everything that is wrong with an inventory, told at once: whoever mends a file of forty hosts wants to run it once more, not forty times. */
export class Problems {
  private readonly messages = new Map<string, number>();

  /**
   * @param label the file, or what stands for it
   * @param lineOf the 1-based line of a path; undefined where there are no lines
   */
  constructor(
    private readonly label: string,
    private readonly lineOf: (path: Path) => number | undefined,
  ) {}

  /** What an error about that place begins with: `hosts.yaml:12`. */
  public where(path: Path): string {
    const line = this.lineOf(path);
    return line === undefined ? this.label : `${this.label}:${line}`;
  }

  /** Adds a problem. The finding's text begins with the path's. */
  public add(path: Path, finding: Finding): void {
    this.keep(describe(this.where(path), finding), this.lineOf(path));
  }

  /** What a check returns, which may be run twice; where it throws its finding, that is kept and the value is undefined. */
  public attempt<T>(path: Path, read: (where: string, name: string) => T): T | undefined {
    try {
      return read(this.label, '');
    } catch {
      // Where and what it is costs time, and an inventory of thousands of hosts has a hundred thousand values: it is asked for what is wrong alone.
      return this.attemptAgain(path, read);
    }
  }

  private attemptAgain<T>(path: Path, read: (where: string, name: string) => T): T | undefined {
    try {
      return read(this.where(path), pathText(path));
    } catch (error) {
      if (!(error instanceof StrataError)) throw error;
      this.keep(error.message, this.lineOf(path));
      return undefined;
    }
  }

  /** Throws if there was any. */
  public throwIfAny(): void {
    if (this.messages.size === 0) return;
    const lines = [...this.messages].sort(([, a], [, b]) => a - b).map(([message]) => message);
    throw new InventoryError(
      lines.length === 1 ? lines[0] : [`${this.label}: ${lines.length} problems`, ...lines.map((line) => `  ${line}`)].join('\n'),
    );
  }

  private keep(message: string, line: number = Number.MAX_SAFE_INTEGER): void {
    if (!this.messages.has(message)) this.messages.set(message, line);
  }
}

/** An inventory that can't be used. Its message has a line for each problem. */
export class InventoryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InventoryError';
  }
}
