import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Release } from '@cdktf/provider-helm/lib/release';
import { Labels } from '@cdktf/provider-kubernetes/lib/labels';
import { NamespaceV1 } from '@cdktf/provider-kubernetes/lib/namespace-v1';
import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { Password } from '@cdktf/provider-random/lib/password';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { Fn, ITerraformDependable, TerraformResourceLifecycle, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { chartValues } from './chart-values';
import { Chart, REPOSITORY } from './charts';
import { resolveOpenStackHelm } from './checks';
import { EndpointCertificate } from './endpoint-certificate';
import { nodeLabels, OpenStackHelmModel } from './openstack-helm-model';
import { OpenStackHelmOptions } from './openstack-helm-options';
import { endpointObjects } from './public-endpoints';
import { BARBICAN_KEY, secretPaths } from './secrets';
import { HostRole } from '../../../contracts/host';
import { inOrder, Tier } from '../../../core/apply-order';
import { defaultProvider } from '../../../core/default-provider';
import { Encapsulation } from '../../../core/encapsulation';
import { installRelease } from '../../../core/helm-release';
import { objectsChart, objectsValues } from '../../../core/objects-chart';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { toJson } from '../../../core/quoted-text';
import { StepResource } from '../../../core/step-resource';
import { TemplateText } from '../../../core/template-text';
import { isKnown } from '../../../core/validation';
import { BoundEngine, EngineSurroundings } from '../../engine-binding';

/** Secret with the certificate of the public APIs, where Terraform makes it. */
const TLS_SECRET = 'openstack-public-tls';

/** Makes the releases of OpenStack-Helm's charts and what they need. */
export function bindOpenStackHelm(scope: Construct, surroundings: EngineSurroundings, options: OpenStackHelmOptions): BoundEngine {
  const model = resolveOpenStackHelm(scope, surroundings, options);
  const folder = surroundings.credentialsDirectory.replace(/\/+$/, '');
  const authUrl = `${model.tls ? 'https' : 'http'}://keystone.${options.domain}/v3`;
  const ready = new Deployment(scope, model).make(folder, authUrl);
  return {
    authUrl,
    loadBalancerProvider: model.loadBalancerProvider,
    tunnel: model.ovn ? Encapsulation.GENEVE_OVN : Encapsulation.VXLAN,
    volumeZone: 'nova',
    dnsServers: options.dnsServers === undefined ? undefined : [...options.dnsServers],
    ready: [ready],
    handedOver: {
      cloudsYamlPath: `${folder}/clouds.yaml`,
      entry: 'openstack-helm-admin',
      caCertificatePath: makesCertificate(model) ? `${folder}/ca.crt` : undefined,
      command: `npx strata credentials ${TerraformStack.of(scope).node.id}`,
    },
    services: { blockStorage: model.ceph !== undefined, keyManager: options.services?.barbican ?? false, makesAmphoraResources: false },
    files: Object.fromEntries(model.stages.flat().map((chart) => [`values/${chart}.yaml`, stringify(chartValues(model, chart), { lineWidth: 0 })])),
  };
}

class Deployment {
  private readonly lifecycle: TerraformResourceLifecycle | undefined;
  private readonly secrets = new Map<string, string>();

  constructor(
    private readonly scope: Construct,
    private readonly model: OpenStackHelmModel,
  ) {
    this.lifecycle = model.options.destroyCloud ? undefined : { preventDestroy: true };
    defaultProvider(scope, 'random', (stack) => new RandomProvider(stack, 'random'));
    widenProviderRanges(scope);
  }

  public make(credentialsDirectory: string, authUrl: string): StepResource {
    const { stages, pool } = this.model;
    const namespace = this.namespace();
    let before: ITerraformDependable[] = [...this.hostsReady(), namespace, ...this.labels()];
    const releases: Release[] = [];
    for (const charts of stages) {
      const stage = charts.map((chart) => this.chart(chart, before));
      releases.push(...stage);
      before = stage;
    }
    const endpoints = this.endpoints(namespace);
    inOrder(this.model.options.cluster, Tier.WORKLOAD, ...releases, endpoints);
    const inputs = stages.flat().map((chart) => [chart, this.model.versions[chart], chartValues(this.model, chart), this.userValues(chart)]);
    const ready = this.step('Ready', 'wait-for-cloud.sh', {
      triggers: { inputs: this.hash('Inputs', inputs) },
      dependsOn: [...releases, endpoints],
      variable: 'STRATA_WAIT',
      environment: {
        STRATA_TIMEOUT: String((this.model.options.timeoutMinutes ?? 60) * 60),
        STRATA_COMPUTES: String(pool.hostsWithRole(HostRole.COMPUTE).length),
      },
    });
    return this.step('HandOver', 'hand-over-clouds.sh', {
      triggers: { stage: ready.runId, folder: credentialsDirectory },
      dependsOn: [],
      variable: 'STRATA_HAND_OVER',
      environment: {
        STRATA_FOLDER: credentialsDirectory,
        STRATA_AUTH_URL: authUrl,
        STRATA_REGION: this.model.region,
        STRATA_CA_SECRET: makesCertificate(this.model) ? TLS_SECRET : '',
      },
    });
  }

  /** Libvirt and Open vSwitch are privileged. */
  private namespace(): NamespaceV1 {
    return new NamespaceV1(this.scope, 'Namespace', {
      metadata: { name: this.model.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
      lifecycle: this.lifecycle,
    });
  }

  /** The nodes' labels belong to one field manager each, so that others' labels stay. */
  private labels(): Labels[] {
    const { pool } = this.model;
    return pool.hosts.flatMap((host) => {
      const labels = nodeLabels(pool, host);
      if (Object.keys(labels).length === 0) return [];
      return [
        new Labels(this.scope, `Labels-${host.name}`, {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: host.name },
          labels: { ...labels },
          fieldManager: 'strata-openstack-helm',
          // The host's inventory decides.
          force: true,
          dependsOn: this.hostsReady(),
        }),
      ];
    });
  }

  /** What makes the hosts ready, if it is in this stack; else its stack goes first: nothing can depend on a resource in another one. */
  private hostsReady(): ITerraformDependable[] {
    const stack = TerraformStack.of(this.scope);
    return this.model.pool.ready.filter((dependable) => {
      const its = Construct.isConstruct(dependable) ? TerraformStack.of(dependable) : stack;
      if (its !== stack) stack.addDependency(its);
      return its === stack;
    });
  }

  private chart(chart: Chart, dependsOn: ITerraformDependable[]): Release {
    const { options, namespace, versions } = this.model;
    return installRelease(this.scope, `Chart-${chart}`, {
      releaseName: chart,
      repository: options.chartRepository ?? REPOSITORY,
      chart,
      version: versions[chart],
      namespace,
      values: [chartValues(this.model, chart), this.userValues(chart)],
      secretValues: Object.fromEntries(Object.entries(secretPaths(chart)).map(([path, name]) => [path, this.secret(name)])),
      // Pods wait for jobs that are Helm's hooks, and Helm runs hooks only after it has waited for the pods: it would wait for ever.
      wait: false,
      timeoutSeconds: (options.timeoutMinutes ?? 60) * 60,
      dependsOn,
      lifecycle: this.lifecycle,
    });
  }

  private userValues(chart: Chart): { readonly [name: string]: any } | undefined {
    return this.model.options.values?.[chart];
  }

  /** A password by its name; the same wherever it is asked for. */
  private secret(name: string): string {
    const known = this.secrets.get(name);
    if (known !== undefined) return known;
    // What is encrypted with it, or knows it, would be lost with another one.
    const password = new Password(this.scope, `Secret-${name}`, {
      length: 32,
      special: false,
      lifecycle: { ...this.lifecycle, ignoreChanges: 'all' },
    }).result;
    const value = name === BARBICAN_KEY ? Fn.base64encode(password) : password;
    this.secrets.set(name, value);
    return value;
  }

  /** What leads to the public APIs, and their certificate. */
  private endpoints(namespace: NamespaceV1): Release {
    const { options, stages, tls } = this.model;
    const secret = makesCertificate(this.model) ? this.certificate(namespace) : undefined;
    const objects = endpointObjects({
      namespace: this.model.namespace,
      domain: options.domain,
      through: options.endpoints,
      tlsSecret: tls ? (options.tlsSecretName ?? TLS_SECRET) : undefined,
      charts: stages.flat(),
    });
    const chart = objectsChart(this.scope, 'EndpointsChart');
    return installRelease(this.scope, 'Endpoints', {
      releaseName: 'openstack-endpoints',
      chart: chart.name,
      version: chart.version,
      namespace: this.model.namespace,
      values: [objectsValues(objects)],
      wait: false,
      dependsOn: [namespace, ...(secret === undefined ? [] : [secret])],
      lifecycle: this.lifecycle,
    });
  }

  private certificate(namespace: NamespaceV1): SecretV1 {
    const certificate = new EndpointCertificate(this.scope, 'Certificate', { domain: this.model.options.domain });
    return new SecretV1(this.scope, 'CertificateSecret', {
      metadata: { name: TLS_SECRET, namespace: this.model.namespace },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': certificate.chain, 'tls.key': certificate.key, 'ca.crt': certificate.caCertificate },
      dependsOn: [namespace],
    });
  }

  private step(
    id: string,
    script: string,
    props: {
      readonly triggers: { readonly [name: string]: string };
      readonly dependsOn: ITerraformDependable[];
      readonly variable: string;
      readonly environment: { readonly [name: string]: string };
    },
  ): StepResource {
    const { options, namespace } = this.model;
    const parts = ['cluster-login.sh', script].map((name) => readFileSync(join(__dirname, name), 'utf8'));
    const program = new TemplateText(this.scope, `${id}Program`, { parts });
    return new StepResource(this.scope, id, {
      triggers: { ...props.triggers, program: program.sha256 },
      dependsOn: props.dependsOn,
      provisioners: [
        {
          type: 'local-exec',
          // Terraform prints the command: not the whole program
          command: `eval "$${props.variable}"`,
          interpreter: ['/bin/bash', '-c'],
          environment: {
            [props.variable]: program.value,
            STRATA_KUBECONFIG: options.kubeconfigPath ?? '',
            STRATA_CONTEXT: options.kubeconfigContext ?? '',
            STRATA_HOST: options.cluster.kubeconfig.host,
            STRATA_NAMESPACE: namespace,
            ...props.environment,
          },
        },
      ],
    });
  }

  /** The same for the same inputs on every machine: by Terraform where a value is a reference, else now. */
  private hash(id: string, value: unknown): string {
    const text = toJson(value);
    return isKnown(text) ? createHash('sha256').update(text).digest('hex') : new TemplateText(this.scope, id, { parts: [text] }).sha256;
  }
}

function makesCertificate({ tls, options }: OpenStackHelmModel): boolean {
  return tls && options.tlsSecretName === undefined;
}
