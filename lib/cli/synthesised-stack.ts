import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As much of a synthesised resource as is looked at here. */
export interface SynthesisedStep {
  readonly provisioner?: readonly {
    readonly file?: { readonly destination?: string; readonly content?: string };
    readonly 'local-exec'?: { readonly environment?: { readonly [name: string]: string } };
    readonly 'remote-exec'?: { readonly inline?: readonly string[] };
  }[];
}

/** A stack in cdktf's output folder. */
export class SynthesisedStack {
  public static read(output: string, name: string): SynthesisedStack {
    const manifestFile = join(output, 'manifest.json');
    if (!existsSync(manifestFile)) throw new Error(`there is no ${manifestFile}; run cdktf synth first, or name the folder by --output`);
    const { stacks } = readJson(manifestFile);
    if (!Object.hasOwn(stacks, name)) throw new Error(`there is no stack ${JSON.stringify(name)}; use one of ${Object.keys(stacks).join(', ')}`);
    return new SynthesisedStack(name, join(output, stacks[name].workingDirectory), readJson(join(output, stacks[name].synthesizedStackPath)));
  }

  private constructor(
    public readonly name: string,
    /** Where Terraform runs for it. */
    public readonly folder: string,
    private readonly json: any,
  ) {}

  /** The steps, by their names in Terraform. */
  public get steps(): [string, SynthesisedStep][] {
    return Object.entries(this.json.resource?.terraform_data ?? {});
  }

  /** The settings of a provider that are literals; of the first, where there are several. */
  public provider(name: string): { readonly [setting: string]: string | undefined } {
    const settings: { [setting: string]: unknown } = this.json.provider?.[name]?.[0] ?? {};
    return Object.fromEntries(
      Object.entries(settings).flatMap(([key, value]) =>
        typeof value === 'string' && this.literal(value) !== undefined ? [[key, this.literal(value)]] : [],
      ),
    );
  }

  /** What Terraform would make of a text that is a literal, or a local value that is one. Undefined if only Terraform can know. */
  public literal(text: string): string | undefined {
    const local = /^\$\{local\.([\w-]+)\}$/.exec(text)?.[1];
    const value: unknown = local === undefined ? text : this.json.locals?.[local];
    if (typeof value !== 'string' || /(^|[^$])(\$\$)*\$\{/.test(value.replaceAll('$${', '')) || /(^|[^%])%\{/.test(value.replaceAll('%%{', ''))) {
      return undefined;
    }
    return value.replaceAll('$${', '${').replaceAll('%%{', '%{');
  }
}

function readJson(file: string): any {
  return JSON.parse(readFileSync(file, 'utf8'));
}
