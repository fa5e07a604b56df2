import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { DeploymentV1SpecTemplate } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { Password } from '@cdktf/provider-random/lib/password';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { Fn, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { HealthCheck } from './health-check';
import { kubernetesName } from './kubernetes-name';
import { findNamespace, makeNamespace } from './namespace';
import { ContainerOptions, HelperContainer, PodOptions, PodSecurity, PodSecurityLevel } from './pod-options';
import { configKey, podSpec } from './pod-spec';
import { ReplicaSpread } from './replicated-pod-options';
import { checkPod } from './workload-checks';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../core/apply-order';
import { defaultProvider } from '../core/default-provider';
import { formatImage, parseImage } from '../core/image-reference';
import { ImageRegistries } from '../core/image-registries';
import { widenProviderRanges } from '../core/provider-ranges';
import { TemplateText } from '../core/template-text';
import { usesOf } from '../core/used-images';
import { isKnown } from '../core/validation';

/** What a kind of workload adds to its pod's options. */
export interface PodOwner {
  readonly port?: number;
  readonly healthCheck: HealthCheck;
  readonly sidecars?: readonly HelperContainer[];
  readonly spread: ReplicaSpread;
  readonly restartPolicy: 'Always' | 'Never';
  readonly ownVolume?: { readonly name: string; readonly mountPath: string };
  /** What the image needs beside what the options say. */
  readonly security?: PodSecurity;
  readonly env?: { readonly [name: string]: string };
  readonly generatedPasswords?: readonly string[];
}

/** Names that a workload goes by. */
export interface WorkloadNames {
  readonly name: string;
  readonly namespace: string;
  readonly selectorLabels: { readonly [label: string]: string };
  readonly labels: { readonly [label: string]: string };
}

/** A pod's template, and what must be there before it. */
export interface Pod {
  readonly template: DeploymentV1SpecTemplate;
  readonly credentialsSecretName?: string;
  readonly namespace: TerraformResource[];
  readonly dependsOn: TerraformResource[];
}

export function workloadNames(id: string, options: PodOptions): WorkloadNames {
  const name = options.name ?? kubernetesName(id);
  const selectorLabels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name };
  const labels = { ...options.labels, ...selectorLabels, 'app.kubernetes.io/managed-by': 'terraform' };
  return { name, namespace: options.namespace ?? 'default', selectorLabels, labels };
}

/**
 * The pod that all kinds of workloads share: checks its options, makes what it refers to (a Namespace if asked, `<name>-config`, `<name>-credentials`),
 * and gives its template.
 */
export function makePod(scope: Construct, names: WorkloadNames, options: PodOptions, owner: PodOwner): Pod {
  const security = owner.security ?? options.security ?? {};
  const env = owner.env ?? options.env ?? {};
  const passwords = owner.generatedPasswords ?? [];
  checkPod(scope, names, options, { ...owner, security, env });
  widenProviderRanges(scope);

  const level = security.level ?? PodSecurityLevel.RESTRICTED;
  const found =
    options.createNamespace === true ? makeNamespace(scope, options.cluster, names.namespace, level) : findNamespace(scope, names.namespace);
  const namespace = found ? [found] : [];
  const metadata = (suffix: string) => ({ name: `${names.name}-${suffix}`, namespace: names.namespace, labels: { ...names.labels } });

  const secret =
    passwords.length === 0
      ? undefined
      : new SecretV1(scope, 'Credentials', {
          metadata: metadata('credentials'),
          type: 'Opaque',
          data: makePasswords(scope, passwords),
          dependsOn: namespace,
        });
  const credentialsSecretName = secret && `${names.name}-credentials`;
  const generated = Object.fromEntries(passwords.map((key) => [key, { name: credentialsSecretName!, key }]));

  const files = Object.entries(options.configFiles ?? {}).map(([path, content]) => {
    const key = configKey(path);
    return { key, text: new TemplateText(scope, `ConfigFile-${key}`, { parts: [content] }) };
  });
  const config =
    files.length === 0
      ? undefined
      : new ConfigMapV1(scope, 'Config', {
          metadata: metadata('config'),
          data: Object.fromEntries(files.map(({ key, text }) => [key, text.value])),
          dependsOn: namespace,
        });
  // A file that is mounted by itself isn't updated in a running pod.
  const annotations = {
    ...options.podAnnotations,
    ...(config && { 'checksum/config': Fn.sha256(Fn.join('', [...files.map(({ text }) => text.sha256)])) }),
  };
  const parts = [config, secret].filter((part) => part !== undefined);
  inOrder(options.cluster, Tier.WORKLOAD, ...parts);

  const usedBy = `${names.namespace}/${names.name}`;
  const located = <C extends ContainerOptions>(container: C): C => ({ ...container, image: locate(scope, options.cluster, container.image, usedBy) });
  const main = located<ContainerOptions>({ ...options, env, secretEnv: { ...options.secretEnv, ...generated } });
  return {
    template: {
      metadata: { labels: { ...names.labels }, ...(Object.keys(annotations).length > 0 && { annotations }) },
      spec: podSpec({
        name: names.name,
        selectorLabels: names.selectorLabels,
        options: { ...options, initContainers: options.initContainers?.map(located) },
        main,
        port: owner.port,
        healthCheck: owner.healthCheck,
        security,
        sidecars: (owner.sidecars ?? []).map(located),
        spread: owner.spread,
        ownVolume: owner.ownVolume,
        configMapName: `${names.name}-config`,
        restartPolicy: owner.restartPolicy,
      }),
    },
    credentialsSecretName,
    namespace,
    dependsOn: [...namespace, ...parts],
  };
}

/** Where a site gets the image from, entered in the cluster's list. One that isn't known at synth stays as it is: nobody can say what registry it is of. */
function locate(scope: Construct, cluster: IKubernetesCluster, image: string, usedBy: string): string {
  if (!isKnown(image)) return image;
  const source = formatImage(parseImage(image));
  const replaced = ImageRegistries._of(scope, cluster).image(image);
  usesOf(cluster).images.push({ image: replaced, source, usedBy });
  return replaced === source ? image : replaced;
}

/** Letters and digits: passwords that every connection string and every shell takes as they are. */
function makePasswords(scope: Construct, names: readonly string[]): { [name: string]: string } {
  defaultProvider(scope, 'random', (stack) => new RandomProvider(stack, 'random'));
  return Object.fromEntries(names.map((name) => [name, new Password(scope, `Password-${name}`, { length: 32, special: false }).result]));
}
