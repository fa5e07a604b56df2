import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Manifest, TerraformStack, Testing } from 'cdktf';
import { checkAgainstSchemas } from './schema';
import { findSecretLiterals } from './secrets';
import { findExactVersions } from './versions';

/** A block of Terraform JSON: whatever stands in the file. */
export type Block = Record<string, any>;

/** A synthesised stack, as Terraform will read it. */
export class Synthesised {
  constructor(public readonly json: Block) {}

  /** Resources of a type, by logical id. */
  public resources(type: string): Record<string, Block> {
    return this.json.resource?.[type] ?? {};
  }

  /** The one resource of a type. */
  public resource(type: string): Block {
    const all = Object.values(this.resources(type));
    if (all.length !== 1) throw new Error(`expected one ${type}, found ${all.length}: ${Object.keys(this.resources(type)).join(', ')}`);
    return all[0];
  }

  /** Data sources of a type, by logical id. */
  public data(type: string): Record<string, Block> {
    return this.json.data?.[type] ?? {};
  }

  /** The whole as text, to search in. */
  public get text(): string {
    return JSON.stringify(this.json);
  }
}

/** Synthesises one stack the way `cdktf synth` does: aspects, validations, missing providers, error annotations. */
export function synthStack(build: (stack: TerraformStack) => void): Synthesised {
  return Object.values(synthApp((app) => build(new TerraformStack(app, 'test'))))[0];
}

/** Synthesises an app's stacks, by name. Whatever a test synthesises must be what Terraform and its providers accept: see assertSound. */
export function synthApp(build: (app: App) => void): Record<string, Synthesised> {
  const app = Testing.app();
  build(app);
  app.synth();
  const stacks = readStacks(app);
  for (const [name, { json }] of Object.entries(stacks)) assertSound(name, json);
  return stacks;
}

/** Throws if a stack doesn't fit the providers' schemas, has a secret in it, or pins a provider to an exact version. */
export function assertSound(name: string, json: Block): void {
  const problems = [...checkAgainstSchemas(json), ...findSecretLiterals(json), ...findExactVersions(json)];
  if (problems.length > 0) throw new Error(`stack ${name} isn't sound:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
}

/** What an app has synthesised, by the stacks' names. */
export function readStacks(app: App): Record<string, Synthesised> {
  const manifest: Block = JSON.parse(readFileSync(join(app.outdir, Manifest.fileName), 'utf8'));
  return Object.fromEntries(
    Object.entries(manifest.stacks as Record<string, Block>).map(([name, stack]) => [
      name,
      new Synthesised(JSON.parse(readFileSync(join(app.outdir, stack.synthesizedStackPath), 'utf8'))),
    ]),
  );
}
