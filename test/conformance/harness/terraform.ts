import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import { exec, type ExecResult, run, tail } from './process';

/** The version of the OpenStack provider that the setup builds; the library asks for a newer one, which no Go module proxy has. */
const OPENSTACK_PROVIDER = '1.54.1';

export interface WorkspaceOptions {
  /** Where the configuration goes: a new folder is made there. */
  readonly folder: string;
  /** The synthesised configuration, the parsed `cdk.tf.json`. */
  readonly configuration: TerraformJson;
  /** Values of the stack's variables. They go into a file that only the owner can read. */
  readonly variables?: { readonly [name: string]: unknown };
  /** For the provider: credentials of a cloud, for example. */
  readonly environment?: { readonly [name: string]: string };
}

/** As much of Terraform's JSON configuration as is looked at here. */
export interface TerraformJson {
  readonly terraform?: {
    readonly required_providers?: { readonly [name: string]: { readonly source?: string; readonly version?: string } };
    readonly backend?: unknown;
  };
  readonly [block: string]: unknown;
}

/** A root module on disk and the Terraform (or OpenTofu) that works on it. */
export class Workspace {
  private readonly env: { readonly [name: string]: string | undefined };
  private readonly terraform: string;

  constructor(
    private readonly context: Context,
    private readonly options: WorkspaceOptions,
  ) {
    this.terraform = context.value('TERRAFORM');
    const inherited = Object.keys(process.env).filter((name) => name.startsWith('TF_') || name.startsWith('OS_'));
    this.env = {
      ...Object.fromEntries(inherited.map((name) => [name, undefined])),
      ...options.environment,
      TF_CLI_CONFIG_FILE: context.value('TF_CLI_CONFIG_FILE'),
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      CHECKPOINT_DISABLE: '1',
    };
    fs.mkdirSync(options.folder, { recursive: true });
    fs.writeFileSync(path.join(options.folder, 'cdk.tf.json'), JSON.stringify(withProviderOfSetup(options.configuration), null, 2));
    if (options.variables) {
      fs.writeFileSync(path.join(options.folder, 'terraform.tfvars.json'), JSON.stringify(options.variables), { mode: 0o600 });
    }
  }

  async init(): Promise<void> {
    await this.command('init', '-no-color');
  }

  async validate(): Promise<void> {
    await this.command('validate', '-no-color');
  }

  /** What Terraform said, for the order of events. */
  async apply(): Promise<string> {
    return (await this.command('apply', '-auto-approve', '-no-color')).stdout;
  }

  /**
   * Another configuration of the same providers on the state of this one, to be planned and applied without `init`. Several may plan side by side,
   * with `-lock=false`.
   */
  beside(folder: string, configuration: TerraformJson, environment?: { readonly [name: string]: string }): Workspace {
    const terraform = { ...configuration.terraform, backend: this.options.configuration.terraform?.backend };
    const options = { ...this.options, environment: { ...this.options.environment, ...environment } };
    const workspace = new Workspace(this.context, { ...options, folder, configuration: { ...configuration, terraform } });
    fs.symlinkSync(path.join(this.options.folder, '.terraform'), path.join(folder, '.terraform'));
    fs.copyFileSync(path.join(this.options.folder, '.terraform.lock.hcl'), path.join(folder, '.terraform.lock.hcl'));
    return workspace;
  }

  async destroy(): Promise<void> {
    await this.command('destroy', '-auto-approve', '-no-color');
  }

  /** Fails unless the plan is empty: the error carries the plan. */
  async expectNoChanges(): Promise<void> {
    const plan = await this.exec('plan', '-detailed-exitcode', '-no-color');
    if (plan.code === 2) throw new Error(`the plan after the apply is not empty:\n${tail(plan.output, 80)}`);
    if (plan.code !== 0) throw new Error(`terraform plan ended with ${plan.code}:\n${tail(plan.output)}`);
  }

  /** The state, as `terraform show -json` prints it. */
  async show(): Promise<any> {
    return JSON.parse((await this.command('show', '-json')).stdout);
  }

  /** The outputs' values, sensitive ones included: never print them. */
  async outputs(): Promise<{ [name: string]: any }> {
    const outputs: { [name: string]: { value: unknown } } = JSON.parse((await this.command('output', '-json')).stdout);
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /**
   * The value of an expression over the configuration and its state, sensitive or not: `local.user_data_worker`. Never print it. After `init`, and
   * after `apply` where it reads a resource.
   */
  async evaluate(expression: string): Promise<any> {
    const { stdout } = await run(this.terraform, ['console'], {
      cwd: this.options.folder,
      env: this.env,
      // base64, since the console's own quoting is not JSON's
      input: `base64encode(jsonencode(nonsensitive(${expression})))\n`,
    });
    return JSON.parse(Buffer.from(JSON.parse(stdout), 'base64').toString('utf8'));
  }

  /** Any other subcommand, whatever its exit code. */
  exec(...args: string[]): Promise<ExecResult> {
    return exec(this.terraform, args, { cwd: this.options.folder, env: this.env, timeoutMs: 20 * 60_000, endSignal: 'SIGINT' });
  }

  private async command(...args: string[]): Promise<ExecResult> {
    const result = await this.exec(...args);
    // errors are what it writes to stderr; warnings and progress come after them here
    if (result.code !== 0) {
      throw new Error(`terraform ${args.join(' ')} ended with ${result.code}:\n${tail(result.stderr)}\n${tail(result.stdout, 20)}`);
    }
    return result;
  }
}

/** The configuration with the version of the OpenStack provider that is there, and not another change. */
function withProviderOfSetup(configuration: TerraformJson): TerraformJson {
  const openstack = configuration.terraform?.required_providers?.openstack;
  if (!openstack) return configuration;
  return {
    ...configuration,
    terraform: {
      ...configuration.terraform,
      required_providers: { ...configuration.terraform?.required_providers, openstack: { ...openstack, version: OPENSTACK_PROVIDER } },
    },
  };
}
