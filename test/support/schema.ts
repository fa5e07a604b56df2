import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { expressionsOf, Reference, referencesIn } from './expressions';
import type { Block } from './synth';

/**
 * Checks synthesised Terraform JSON against the providers' schemas in `schemas/`, and against what Terraform itself knows of its language:
 * what `terraform validate` would say if every provider could be had.
 */
export function checkAgainstSchemas(json: Block): string[] {
  return new StackCheck(json).run();
}

type Type = 'string' | 'number' | 'bool' | 'dynamic' | ['list' | 'set' | 'map', Type] | ['object', Record<string, Type>];

interface Attribute {
  readonly type?: Type;
  readonly nested_type?: { readonly nesting_mode: 'single' | 'list' | 'set' | 'map'; readonly attributes: Record<string, Attribute> };
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
}

interface BlockType {
  readonly nesting_mode: 'single' | 'list' | 'set' | 'map' | 'group';
  readonly block: BlockSchema;
  readonly min_items?: number;
  readonly max_items?: number;
}

interface BlockSchema {
  readonly attributes?: Record<string, Attribute>;
  readonly block_types?: Record<string, BlockType>;
}

interface ProviderSchema {
  readonly provider: { readonly block?: BlockSchema };
  readonly resource_schemas?: Record<string, { readonly block: BlockSchema }>;
  readonly data_source_schemas?: Record<string, { readonly block: BlockSchema }>;
}

/** Built into Terraform: the provider `terraform.io/builtin/terraform`. */
const BUILTIN: ProviderSchema = {
  provider: { block: {} },
  resource_schemas: {
    terraform_data: {
      block: {
        attributes: {
          id: { type: 'string', computed: true },
          input: { type: 'dynamic', optional: true },
          output: { type: 'dynamic', computed: true },
          triggers_replace: { type: 'dynamic', optional: true },
        },
      },
    },
  },
  data_source_schemas: {
    terraform_remote_state: {
      block: {
        attributes: {
          backend: { type: 'string', required: true },
          config: { type: 'dynamic', optional: true },
          defaults: { type: 'dynamic', optional: true },
          outputs: { type: 'dynamic', computed: true },
          workspace: { type: 'string', optional: true },
        },
      },
    },
  },
};

const LIFECYCLE: BlockSchema = {
  attributes: {
    create_before_destroy: { type: 'bool', optional: true },
    prevent_destroy: { type: 'bool', optional: true },
    ignore_changes: { type: 'dynamic', optional: true },
    replace_triggered_by: { type: ['list', 'string'], optional: true },
  },
  block_types: { precondition: conditions(), postcondition: conditions() },
};

function conditions(): BlockType {
  const attributes = { condition: { type: 'bool', required: true }, error_message: { type: 'string', required: true } } as const;
  return { nesting_mode: 'list', block: { attributes } };
}

const CONNECTION: BlockSchema = {
  attributes: Object.fromEntries(
    Object.entries({
      string: [
        ...['type', 'user', 'password', 'host', 'timeout', 'script_path', 'private_key', 'certificate', 'target_platform', 'proxy_scheme'],
        ...['proxy_host', 'proxy_user_name', 'proxy_user_password', 'host_key', 'bastion_host', 'bastion_host_key', 'bastion_user'],
        ...['bastion_password', 'bastion_private_key', 'bastion_certificate', 'cacert', 'agent_identity'],
      ],
      number: ['port', 'proxy_port', 'bastion_port'],
      bool: ['agent', 'https', 'insecure', 'use_ntlm'],
    }).flatMap(([type, names]) => names.map((name) => [name, { type: type as Type, optional: true }])),
  ),
};

const PROVISIONERS: Record<string, BlockSchema> = Object.fromEntries(
  Object.entries<Record<string, Attribute>>({
    'local-exec': {
      command: { type: 'string', required: true },
      working_dir: { type: 'string', optional: true },
      interpreter: { type: ['list', 'string'], optional: true },
      environment: { type: ['map', 'string'], optional: true },
      quiet: { type: 'bool', optional: true },
    },
    'remote-exec': {
      inline: { type: ['list', 'string'], optional: true },
      script: { type: 'string', optional: true },
      scripts: { type: ['list', 'string'], optional: true },
    },
    file: {
      content: { type: 'string', optional: true },
      source: { type: 'string', optional: true },
      destination: { type: 'string', required: true },
    },
  }).map(([name, attributes]) => [
    name,
    {
      attributes: { ...attributes, when: { type: 'string', optional: true }, on_failure: { type: 'string', optional: true } },
      block_types: { connection: { nesting_mode: 'single', block: CONNECTION } },
    },
  ]),
);

/** Of these arguments of a provisioner, exactly one is given. */
const EXACTLY_ONE: Record<string, string[]> = { 'remote-exec': ['inline', 'script', 'scripts'], file: ['content', 'source'] };

const TOP_LEVEL = [
  '//',
  'terraform',
  'provider',
  'resource',
  'data',
  'output',
  'variable',
  'locals',
  'module',
  'import',
  'moved',
  'removed',
  'check',
];

/** The schemas that were read, by the provider's name. The Kubernetes one is large: a schema is read when its provider occurs. */
const loaded = new Map<string, Record<string, ProviderSchema>>();

/** The schema of a provider by its source ("hashicorp/tls"), if the project has one. */
export function providerSchema(source: string): ProviderSchema | undefined {
  const parts = source.split('/');
  const [namespace, name] = parts.length === 1 ? ['hashicorp', parts[0]] : parts.slice(-2);
  if (namespace === 'builtin' && name === 'terraform') return BUILTIN;
  let schemas = loaded.get(name);
  if (schemas === undefined) {
    const file = join(__dirname, '..', '..', 'schemas', `${name}.json`);
    schemas = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).provider_schemas : {};
    loaded.set(name, schemas!);
  }
  return schemas![`registry.terraform.io/${namespace}/${name}`];
}

class StackCheck {
  private readonly errors: string[] = [];
  /** Locals and outputs are looked into once. */
  private readonly sensitiveLocals = new Map<string, boolean>();

  constructor(private readonly json: Block) {}

  public run(): string[] {
    for (const key of Object.keys(this.json)) if (!TOP_LEVEL.includes(key)) this.error(key, 'no such block in Terraform');
    this.checkProviders();
    this.eachInstance((mode, type, name, body) => this.checkInstance(mode, type, name, body));
    for (const [name, output] of Object.entries<Block>(this.json.output ?? {})) this.checkOutput(name, output);
    this.walk(this.json, []);
    return this.errors;
  }

  private error(path: string, problem: string): void {
    this.errors.push(`${path}: ${problem}`);
  }

  private eachInstance(visit: (mode: 'resource' | 'data', type: string, name: string, body: Block) => void): void {
    for (const mode of ['resource', 'data'] as const) {
      for (const [type, instances] of Object.entries<Record<string, Block>>(this.json[mode] ?? {})) {
        for (const [name, body] of Object.entries(instances)) visit(mode, type, name, body);
      }
    }
  }

  // ---- providers

  /** The source of the provider with this local name, as Terraform finds it. */
  private source(localName: string): string {
    if (localName === 'terraform') return 'terraform.io/builtin/terraform';
    return this.json.terraform?.required_providers?.[localName]?.source ?? `hashicorp/${localName}`;
  }

  private checkProviders(): void {
    for (const [name, blocks] of Object.entries<Block | Block[]>(this.json.provider ?? {})) {
      const schema = providerSchema(this.source(name));
      if (!schema) this.error(`provider.${name}`, `no schema of ${this.source(name)} in schemas/`);
      const aliases = new Set<string | undefined>();
      for (const [index, { alias, version, ...config }] of asList(blocks).entries()) {
        const path = `provider.${name}[${index}]`;
        if (aliases.has(alias)) this.error(path, `a second configuration ${alias === undefined ? 'without an alias' : `with the alias ${alias}`}`);
        aliases.add(alias);
        if (version !== undefined) this.error(path, 'version belongs into required_providers');
        if (schema) this.checkBlock(path, config, schema.provider.block ?? {});
      }
    }
  }

  private schemaOf(mode: string, type: string, provider?: string): BlockSchema | undefined {
    const schema = providerSchema(this.source((provider ?? type.split('_')[0]).split('.')[0]));
    return (mode === 'data' ? schema?.data_source_schemas : schema?.resource_schemas)?.[type]?.block;
  }

  // ---- resources and data sources

  private checkInstance(mode: 'resource' | 'data', type: string, name: string, body: Block): void {
    const path = `${mode === 'data' ? 'data.' : ''}${type}.${name}`;
    const { count, for_each: forEach, depends_on: dependsOn, lifecycle, provider, provisioner, connection, '//': _, ...config } = body;

    const localName = (provider ?? type.split('_')[0]).split('.')[0];
    if (provider !== undefined) this.checkProviderReference(path, provider);
    else if (localName !== 'terraform' && !this.hasProvider(localName)) this.error(path, `the stack has no provider ${localName}`);
    const schema = this.schemaOf(mode, type, provider);
    if (schema) {
      this.checkBlock(path, config, schema);
    } else {
      const source = this.source(localName);
      this.error(
        path,
        providerSchema(source) ? `no such ${mode === 'data' ? 'data source' : 'resource'} in ${source}` : `no schema of ${source} in schemas/`,
      );
    }

    if (count !== undefined && forEach !== undefined) this.error(path, 'count and for_each exclude each other');
    if (count !== undefined) this.checkType(`${path}.count`, count, 'number');
    if (forEach !== undefined) {
      if (Array.isArray(forEach) || (typeof forEach !== 'object' && !isExpression(forEach))) this.error(`${path}.for_each`, 'must be a map or a set');
      if (this.isSensitive(forEach)) this.error(`${path}.for_each`, 'refers to a sensitive value: Terraform refuses it');
    }
    if (dependsOn !== undefined) this.checkDependsOn(path, dependsOn);
    if (lifecycle !== undefined) this.checkLifecycle(`${path}.lifecycle`, lifecycle, mode, schema);
    if (mode === 'data' && (provisioner !== undefined || connection !== undefined)) {
      this.error(path, 'a data source has no provisioner or connection');
    }
    if (connection !== undefined) for (const one of asList(connection)) this.checkBlock(`${path}.connection`, one, CONNECTION);
    for (const [index, one] of asList(provisioner ?? []).entries()) this.checkProvisioner(`${path}.provisioner[${index}]`, one, connection);
  }

  private hasProvider(localName: string): boolean {
    return this.json.terraform?.required_providers?.[localName] !== undefined;
  }

  private checkProviderReference(path: string, reference: string): void {
    const [name, alias] = reference.replace(/^\$\{(.*)\}$/, '$1').split('.');
    const blocks = asList<Block>(this.json.provider?.[name] ?? []);
    if (!blocks.some((block) => block.alias === alias)) this.error(`${path}.provider`, `there is no provider ${reference} in the stack`);
  }

  private checkDependsOn(path: string, dependsOn: unknown): void {
    if (!Array.isArray(dependsOn)) return this.error(`${path}.depends_on`, 'must be a list');
    for (const [index, address] of dependsOn.entries()) {
      const at = `${path}.depends_on[${index}]`;
      if (typeof address !== 'string') {
        this.error(at, 'must be a reference');
      } else if (isExpression(address)) {
        this.error(at, `must be a bare reference, not an expression: ${address}`);
      } else {
        const [reference] = referencesIn(address, () => true);
        if (!reference) this.error(at, `isn't a reference: ${address}`);
        else this.checkReference(at, reference);
      }
    }
  }

  private checkLifecycle(path: string, lifecycle: Block, mode: 'resource' | 'data', schema: BlockSchema | undefined): void {
    const { ignore_changes: ignored, replace_triggered_by: triggers, ...rest } = lifecycle;
    this.checkBlock(path, rest, LIFECYCLE);
    for (const flag of ['create_before_destroy', 'prevent_destroy']) {
      if (typeof lifecycle[flag] === 'string') this.error(`${path}.${flag}`, 'must be a literal: Terraform allows no expression here');
    }
    if (mode === 'data' && Object.keys(lifecycle).some((key) => key !== 'precondition' && key !== 'postcondition')) {
      this.error(path, 'a data source has conditions only');
    }
    if (ignored !== undefined && ignored !== 'all' && !Array.isArray(ignored)) this.error(`${path}.ignore_changes`, 'must be a list, or "all"');
    for (const name of Array.isArray(ignored) ? ignored : []) {
      const [attribute] = String(name).split(/[.[]/);
      if (schema && !knownNames(schema).includes(attribute)) this.error(`${path}.ignore_changes`, unknown(attribute, knownNames(schema)));
    }
    for (const [index, trigger] of asList<string>(triggers ?? []).entries()) {
      const at = `${path}.replace_triggered_by[${index}]`;
      const [reference] = referencesIn(String(trigger), () => true);
      if (isExpression(trigger)) this.error(at, `must be a bare reference, not an expression: ${trigger}`);
      else if (reference?.kind !== 'resource') this.error(at, `must refer to a resource: ${trigger}`);
      else this.checkReference(at, reference);
    }
    for (const kind of ['precondition', 'postcondition']) {
      for (const [index, { condition, error_message: message }] of asList<Block>(lifecycle[kind] ?? []).entries()) {
        const at = `${path}.${kind}[${index}]`;
        if (typeof condition === 'string' && this.referencesOf(condition).length === 0) {
          this.error(at, `the condition refers to nothing: ${condition}`);
        }
        if (this.isSensitive(message)) this.error(`${at}.error_message`, 'refers to a sensitive value: Terraform hides the message');
      }
    }
  }

  private checkProvisioner(path: string, provisioner: Block, connection: unknown): void {
    for (const [type, bodies] of Object.entries<Block | Block[]>(provisioner)) {
      const schema = PROVISIONERS[type];
      if (!schema) {
        this.error(path, unknown(type, Object.keys(PROVISIONERS), 'provisioner'));
        continue;
      }
      for (const body of asList(bodies)) {
        const at = `${path}.${type}`;
        this.checkBlock(at, body, schema);
        const given = (EXACTLY_ONE[type] ?? []).filter((name) => isSet(body[name]));
        if (type in EXACTLY_ONE && given.length !== 1) this.error(at, `needs exactly one of ${EXACTLY_ONE[type].join(', ')}`);
        if (type !== 'local-exec' && !isSet(body.connection) && connection === undefined) this.error(at, 'has no connection');
        if (body.when !== undefined && !['create', 'destroy'].includes(body.when)) {
          this.error(`${at}.when`, `must be create or destroy: ${body.when}`);
        }
        if (body.on_failure !== undefined && !['fail', 'continue'].includes(body.on_failure)) {
          this.error(`${at}.on_failure`, `must be fail or continue: ${body.on_failure}`);
        }
        if (body.when === 'destroy') this.checkDestroyTime(at, [body, type === 'local-exec' ? undefined : connection]);
      }
    }
  }

  /** What runs at destroy may know the resource itself and nothing else. */
  private checkDestroyTime(path: string, value: unknown): void {
    for (const text of stringsIn(value)) {
      for (const { kind, text: reference } of this.referencesOf(text)) {
        if (!['self', 'count', 'each', 'path', 'terraform'].includes(kind)) {
          this.error(path, `runs at destroy and refers to ${reference}: only self, count.index and each.key are allowed`);
        }
      }
    }
  }

  // ---- blocks and types

  private checkBlock(path: string, body: unknown, schema: BlockSchema): void {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return this.error(path, `must be a block, not ${describe(body)}`);
    const { dynamic, ...content } = body as Block;
    const dynamics = this.dynamicBlocks(path, dynamic, schema);
    for (const [name, value] of Object.entries(content)) {
      if (name === '//' || value === null || value === undefined) continue;
      const at = `${path}.${name}`;
      const attribute = schema.attributes?.[name];
      const block = schema.block_types?.[name];
      if (attribute) this.checkAttribute(at, value, attribute);
      else if (block) this.checkBlocks(at, value, block, dynamics.has(name));
      else this.error(at, unknown(name, knownNames(schema)));
    }
    this.checkRequired(path, content, schema.attributes ?? {});
    for (const [name, { min_items: min = 0, nesting_mode: mode }] of Object.entries(schema.block_types ?? {})) {
      if (min > 0 && !isSet(content[name]) && !dynamics.has(name)) {
        this.error(`${path}.${name}`, mode === 'single' ? 'the block is required' : `at least ${min} block(s) required, got 0`);
      }
    }
  }

  private checkBlocks(
    path: string,
    value: unknown,
    { nesting_mode: mode, block, min_items: min = 0, max_items: max }: BlockType,
    dynamic: boolean,
  ): void {
    if (isExpression(value)) return this.error(path, 'is a block: it cannot be given by an expression');
    if (mode === 'map') {
      if (typeof value !== 'object' || Array.isArray(value)) return this.error(path, `must be blocks by label, not ${describe(value)}`);
      for (const [label, one] of Object.entries(value as Block)) this.checkBlock(`${path}.${label}`, one, block);
      return;
    }
    const blocks = asList(value);
    if ((mode === 'single' || mode === 'group') && blocks.length > 1) this.error(path, `at most 1 block, got ${blocks.length}`);
    if (blocks.length < min && !dynamic) this.error(path, `at least ${min} block(s) required, got ${blocks.length}`);
    if (max !== undefined && max > 0 && blocks.length > max) this.error(path, `at most ${max} block(s), got ${blocks.length}`);
    for (const [index, one] of blocks.entries()) this.checkBlock(`${path}[${index}]`, one, block);
  }

  /** Checks `dynamic` blocks and returns the names of the blocks that they make. */
  private dynamicBlocks(path: string, dynamic: unknown, schema: BlockSchema): Set<string> {
    const names = new Set<string>();
    for (const one of asList<Block>(dynamic ?? [])) {
      for (const [name, definitions] of Object.entries<Block | Block[]>(one)) {
        names.add(name);
        const at = `${path}.dynamic.${name}`;
        const block = schema.block_types?.[name];
        if (!block) {
          this.error(at, unknown(name, Object.keys(schema.block_types ?? {}), 'block'));
          continue;
        }
        for (const { for_each: forEach, content, iterator: _iterator, labels: _labels, ...rest } of asList(definitions)) {
          if (!isSet(forEach)) this.error(at, 'for_each is required');
          for (const key of Object.keys(rest)) this.error(`${at}.${key}`, 'no such argument of a dynamic block');
          for (const body of asList(content ?? {})) this.checkBlock(`${at}.content`, body, block.block);
        }
      }
    }
    return names;
  }

  private checkRequired(path: string, body: Block, attributes: Record<string, Attribute>): void {
    for (const [name, { required }] of Object.entries(attributes)) {
      if (required && !isSet(body[name])) this.error(`${path}.${name}`, 'is required');
    }
  }

  private checkAttribute(path: string, value: unknown, attribute: Attribute): void {
    if (attribute.computed && !attribute.optional && !attribute.required) return this.error(path, 'is computed by the provider and cannot be set');
    if (attribute.nested_type) this.checkNested(path, value, attribute.nested_type);
    else this.checkType(path, value, attribute.type ?? 'dynamic');
  }

  private checkNested(path: string, value: unknown, { nesting_mode: mode, attributes }: NonNullable<Attribute['nested_type']>): void {
    if (isExpression(value)) return this.checkExpression(path, value, mode === 'single' ? ['object', {}] : [mode, 'dynamic']);
    const object = (at: string, one: unknown) => {
      if (isExpression(one)) return this.checkExpression(at, one, ['object', {}]);
      if (typeof one !== 'object' || one === null || Array.isArray(one)) return this.error(at, `must be an object, not ${describe(one)}`);
      for (const [name, inner] of Object.entries(one)) {
        if (!(name in attributes)) this.error(`${at}.${name}`, unknown(name, Object.keys(attributes)));
        else if (isSet(inner)) this.checkAttribute(`${at}.${name}`, inner, attributes[name]);
      }
      this.checkRequired(at, one as Block, attributes);
    };
    if (mode === 'single') {
      object(path, value);
    } else if (mode === 'map') {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.error(path, `must be a map, not ${describe(value)}`);
      for (const [key, one] of Object.entries(value)) object(`${path}.${key}`, one);
    } else if (!Array.isArray(value)) {
      this.error(path, `must be a ${mode}, not ${describe(value)}`);
    } else {
      for (const [index, one] of value.entries()) object(`${path}[${index}]`, one);
    }
  }

  private checkType(path: string, value: unknown, type: Type): void {
    if (value === null || value === undefined || type === 'dynamic') return;
    if (isExpression(value)) return this.checkExpression(path, value, type);
    if (typeof type === 'string') {
      const actual = typeof value === 'boolean' ? 'bool' : typeof value;
      if (actual !== type) this.error(path, `must be a ${type}, not ${describe(value)}`);
      return;
    }
    const [kind, inner] = type;
    if (kind === 'object') return this.checkObject(path, value, inner as Record<string, Type>, false);
    if (kind === 'map') {
      if (typeof value !== 'object' || Array.isArray(value)) return this.error(path, `must be a map, not ${describe(value)}`);
      for (const [key, one] of Object.entries(value)) this.checkType(`${path}.${key}`, one, inner as Type);
      return;
    }
    // A list of objects that is an attribute in the schema may be written as blocks, a single one without the list, arguments left out.
    const asBlocks = Array.isArray(inner) && inner[0] === 'object';
    if (!Array.isArray(value) && !(asBlocks && typeof value === 'object')) return this.error(path, `must be a ${kind}, not ${describe(value)}`);
    for (const [index, one] of asList(value).entries()) {
      if (asBlocks && !isExpression(one)) this.checkObject(`${path}[${index}]`, one, inner[1] as Record<string, Type>, true);
      else this.checkType(`${path}[${index}]`, one, inner as Type);
    }
  }

  private checkObject(path: string, value: unknown, types: Record<string, Type>, partial: boolean): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.error(path, `must be an object, not ${describe(value)}`);
    for (const [name, one] of Object.entries(value)) {
      if (name in types) this.checkType(`${path}.${name}`, one, types[name]);
      else this.error(`${path}.${name}`, unknown(name, Object.keys(types)));
    }
    if (!partial) for (const name of Object.keys(types)) if (!(name in value)) this.error(`${path}.${name}`, 'is required');
  }

  /** An expression alone may be of any type; one in a text makes a string. */
  private checkExpression(path: string, text: string, type: Type): void {
    if (type !== 'string' && type !== 'dynamic' && !expressionsOf(text).some(({ whole }) => whole)) {
      this.error(path, `must be a ${Array.isArray(type) ? type[0] : type}, not a text with expressions: ${text}`);
    }
  }

  // ---- references

  private walk(value: unknown, path: string[]): void {
    if (typeof value === 'string') return this.checkText(path.join('.'), value);
    if (typeof value === 'number') {
      if (Math.abs(value) > 1e200) this.error(path.join('.'), `is an unresolved number token: ${value}`);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) if (key !== '//') this.walk(inner, [...path, key]);
  }

  private checkText(path: string, text: string): void {
    if (/\$\{TfToken\[|#\{TfToken\[/.test(text)) this.error(path, `has an unresolved token: ${text.slice(0, 120)}`);
    if (/-8\.1\d+e\+298/.test(text)) this.error(path, `has an unresolved number token in its text: ${text.slice(0, 120)}`);
    try {
      for (const reference of this.referencesOf(text)) this.checkReference(path, reference);
    } catch (error) {
      this.error(path, (error as Error).message);
    }
  }

  private referencesOf(text: string): Reference[] {
    return expressionsOf(text).flatMap(({ code }) => referencesIn(code, (word) => this.isType(word)));
  }

  /** Whether `word.x` in an expression is a resource: its type is there, or its provider is one of the stack's. */
  private isType(word: string): boolean {
    const provider = word.split('_')[0];
    return this.json.resource?.[word] !== undefined || (word.includes('_') && (provider === 'terraform' || this.hasProvider(provider)));
  }

  private checkReference(path: string, { kind, type, name, attribute, text }: Reference): void {
    if (kind === 'local' && this.json.locals?.[name] === undefined) this.error(path, `refers to ${text}, which is not in the stack`);
    if (kind === 'var' && this.json.variable?.[name] === undefined) this.error(path, `refers to ${text}, which is not in the stack`);
    if (kind === 'module' && this.json.module?.[name] === undefined) this.error(path, `refers to ${text}, which is not in the stack`);
    if (kind !== 'resource' && kind !== 'data') return;
    const instance = this.json[kind]?.[type!]?.[name];
    if (instance === undefined) return this.error(path, `refers to ${text}, which is not in the stack`);
    const schema = this.schemaOf(kind, type!, instance.provider);
    if (schema && attribute !== undefined && !knownNames(schema).includes(attribute)) {
      this.error(path, `refers to ${text}: ${unknown(attribute, knownNames(schema))}`);
    }
  }

  // ---- sensitive values

  private checkOutput(name: string, output: Block): void {
    if (!isSet(output.value)) this.error(`output.${name}.value`, 'is required');
    if (output.sensitive !== true && this.isSensitive(output.value)) {
      this.error(`output.${name}`, 'refers to a sensitive value: it must be sensitive');
    }
  }

  private isSensitive(value: unknown): boolean {
    return stringsIn(value).some((text) =>
      expressionsOf(text).some(
        ({ code }) =>
          !/\bnonsensitive\(/.test(code) && referencesIn(code, (word) => this.isType(word)).some((reference) => this.isSensitiveReference(reference)),
      ),
    );
  }

  private isSensitiveReference({ kind, type, name, attribute }: Reference): boolean {
    if (kind === 'var') return this.json.variable?.[name]?.sensitive === true;
    if (kind === 'local') {
      if (!this.sensitiveLocals.has(name)) {
        this.sensitiveLocals.set(name, false); // while it is being looked into
        this.sensitiveLocals.set(name, this.isSensitive(this.json.locals?.[name]));
      }
      return this.sensitiveLocals.get(name)!;
    }
    // cdktf makes every output that crosses stacks sensitive
    if (kind === 'data' && type === 'terraform_remote_state') return attribute === 'outputs';
    if (kind !== 'resource' && kind !== 'data') return false;
    const schema = this.schemaOf(kind, type!, this.json[kind]?.[type!]?.[name]?.provider);
    return attribute !== undefined && schema?.attributes?.[attribute]?.sensitive === true;
  }
}

/** Paths of attributes that a provider calls sensitive, with the literals that stand there. */
export function sensitiveLiterals(json: Block): { readonly path: string; readonly value: string }[] {
  const found: { path: string; value: string }[] = [];
  const visit = (path: string, body: unknown, schema: BlockSchema): void => {
    if (typeof body !== 'object' || body === null) return;
    for (const [name, value] of Object.entries(body as Block)) {
      const attribute = schema.attributes?.[name];
      const block = schema.block_types?.[name];
      if (attribute?.sensitive) {
        for (const text of stringsIn(value)) if (!isExpression(text)) found.push({ path: `${path}.${name}`, value: text });
      } else if (attribute?.nested_type) {
        asList(value).forEach((one) => visit(`${path}.${name}`, one, { attributes: attribute.nested_type!.attributes }));
      } else if (block) {
        asList(value).forEach((one) => visit(`${path}.${name}`, one, block.block));
      }
    }
  };
  const source = (localName: string) => json.terraform?.required_providers?.[localName]?.source ?? localName;
  for (const [name, blocks] of Object.entries<Block | Block[]>(json.provider ?? {})) {
    for (const block of asList(blocks)) visit(`provider.${name}`, block, providerSchema(source(name))?.provider.block ?? {});
  }
  for (const [type, instances] of Object.entries<Record<string, Block>>(json.resource ?? {})) {
    const schema = providerSchema(source(type.split('_')[0]))?.resource_schemas?.[type]?.block;
    if (schema) for (const [name, body] of Object.entries(instances)) visit(`${type}.${name}`, body, schema);
  }
  return found;
}

function asList<T = any>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isExpression(value: unknown): value is string {
  return typeof value === 'string' && expressionsOf(value).length > 0;
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

function knownNames(schema: BlockSchema): string[] {
  return [...Object.keys(schema.attributes ?? {}), ...Object.keys(schema.block_types ?? {})];
}

function unknown(name: string, known: string[], what = 'attribute or block'): string {
  return `no such ${what}: ${name}${known.length > 0 ? ` (nearest: ${closest(name, known)})` : ''}`;
}

function describe(value: unknown): string {
  const text = JSON.stringify(value);
  return `${Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`} (${text.length > 80 ? `${text.slice(0, 80)}…` : text})`;
}
