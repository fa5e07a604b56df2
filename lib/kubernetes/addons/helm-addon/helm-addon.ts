import { readFileSync } from 'node:fs';
import { Release } from '@cdktf/provider-helm/lib/release';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { valid } from 'semver';
import { parseAllDocuments } from 'yaml';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { checkDnsLabel } from '../../../core/naming';
import { KubernetesObject } from '../../../core/objects-chart';
import { check, checkInteger, checkKnown, checkUnique, fail } from '../../../core/validation';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { installObjects, keptDefinition } from '../private/objects-chart';

/** An image that a chart makes a cluster run, and where the chart's values take it from: paths like `controller.image.repository`. */
export interface HelmAddonImage {
  /** As its makers publish it: `registry.k8s.io/ingress-nginx/controller:v1.13.0`. */
  readonly image: string;
  /**
   * Path of the value that takes registry and path, without the tag.
   * @default - the chart has none
   */
  readonly repository?: string;
  /**
   * Path of the value that takes the registry alone.
   * @default - the chart has none
   */
  readonly registry?: string;
  /**
   * Path of the value that takes the path alone, where the registry is apart.
   * @default - the chart has none
   */
  readonly path?: string;
  /**
   * Path of the value that takes the tag.
   * @default - the chart has none
   */
  readonly tag?: string;
  /**
   * Path of the value that takes all in one.
   * @default - the chart has none
   */
  readonly reference?: string;
}

/** Properties of HelmAddon. */
export interface HelmAddonProps {
  /** The cluster. The stack's helm provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /** Name of the chart in its repository, or an `oci://` address, or a folder. */
  readonly chart: string;
  /**
   * URL of the chart's repository.
   * @default - none: the chart is an oci:// address or a folder
   */
  readonly repository?: string;
  /** Version of the chart, exactly: an add-on never changes because a repository did. */
  readonly version: string;
  /** Namespace that it is installed to. */
  readonly namespace: string;
  /**
   * Whether the namespace is made if it isn't there. Helm does not remove it again.
   * @default true
   */
  readonly createNamespace?: boolean;
  /**
   * Name of the release, 53 characters at most.
   * @default - the chart's name without its address
   */
  readonly releaseName?: string;
  /**
   * Values for the chart. References are allowed in any text; no secret may stand here as a literal.
   * @default - the chart's own
   */
  readonly values?: { readonly [name: string]: any };
  /**
   * Whether to wait until everything that it installs is ready.
   * @default true
   */
  readonly wait?: boolean;
  /**
   * How long to wait, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
  /**
   * Its images: they are listed with those of the cluster, and come from elsewhere where registries are replaced (ImageRegistries).
   * @default - not known: they are not listed, and the chart's own registries are used
   */
  readonly images?: HelmAddonImage[];
  /**
   * Files (YAML) with the chart's CustomResourceDefinitions, read at synth. They are installed before the chart, as a release `<releaseName>-crds`, and
   * upgraded when the files change; what the chart itself has in its folder `crds` is left out. Helm by itself installs that folder once and never
   * upgrades it. Definitions stay in the cluster when the add-on is destroyed, with everything of their kinds.
   * @default - the chart's own, never upgraded
   */
  readonly crdFiles?: string[];
  /**
   * What it provides to the cluster: others that require it find it, and a second one of its kind is an error. It comes to life accordingly early.
   * @default - nothing that others know of
   */
  readonly provides?: ClusterCapability[];
  /**
   * What it can't do without: missing in all stacks of the app, it is an error at synth; else it is waited for.
   * @default - nothing
   */
  readonly requires?: ClusterCapability[];
}

/**
 * Anything else that has a Helm chart, installed in a cluster after its pod network, cloud controller and storage, and removed before them.
 *
 * Creates one Helm release, and one for its CustomResourceDefinitions if it is given their files.
 * Errors: a version that isn't exact, a second release of that name, files without definitions, requirements that nothing meets.
 */
export class HelmAddon extends Construct {
  /** Name of the release. */
  public readonly releaseName: string;
  /** Its namespace. */
  public readonly namespaceName: string;
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  private readonly release: Release;

  constructor(scope: Construct, id: string, props: HelmAddonProps) {
    super(scope, id);
    this.releaseName = props.releaseName ?? props.chart.replace(/^.*\//, '');
    this.namespaceName = props.namespace;
    checkDnsLabel(this, 'releaseName', this.releaseName, 53);
    checkDnsLabel(this, 'namespace', props.namespace);
    checkInteger(this, 'timeoutSeconds', props.timeoutSeconds, { min: 1, max: 7200 });
    check(this, props.version, (version) => valid(version) !== null, {
      problem: 'version must be one exact version of the chart',
      fix: 'write it as 1.2.3: a range would change the cluster whenever the repository does',
    });
    check(this, props.repository, (url) => /^(https?|oci):\/\/[^\s/]+/.test(url), {
      problem: 'repository must be a URL',
      fix: 'give the address that `helm repo add` takes, or leave it out for an oci:// chart',
    });
    checkKnown(this, 'crdFiles', props.crdFiles);
    checkUnique(this, 'file of CustomResourceDefinitions', props.crdFiles ?? []);
    const addon = new Addon(this, props.cluster, {
      name: 'HelmAddon',
      instance: `HelmAddon ${props.namespace}/${this.releaseName}`,
      provides: props.provides,
      requires: props.requires?.map((capability) => ({ capability, because: 'it was said so (requires)' })),
    });
    const createNamespace = props.createNamespace ?? true;
    const definitions = (props.crdFiles ?? []).flatMap((file) => this.definitionsIn(file));
    const crds =
      definitions.length === 0
        ? []
        : [
            installObjects(addon, this, 'Crds', {
              releaseName: `${this.releaseName}-crds`,
              namespace: props.namespace,
              createNamespace,
              objects: definitions,
            }),
          ];
    this.release = addon.install('Release', {
      chart: { name: props.chart, repository: props.repository, version: props.version, images: props.images },
      releaseName: this.releaseName,
      namespace: props.namespace,
      createNamespace,
      values: [props.values],
      wait: props.wait,
      timeoutSeconds: props.timeoutSeconds,
      skipCrds: crds.length > 0 ? true : undefined,
      dependsOn: crds,
    });
    this.resource = this.release;
  }

  /** Version of the chart that is installed: what reads it waits until the release is ready. */
  public get installedVersion(): string {
    return this.release.version;
  }

  private definitionsIn(file: string): KubernetesObject[] {
    const documents = this.read(file);
    if (documents.length === 0) fail(this, { problem: 'a file of CustomResourceDefinitions has none', value: file, fix: 'give another file' });
    for (const { kind } of documents) {
      if (kind === 'CustomResourceDefinition') continue;
      fail(this, { problem: `${file} has something else than CustomResourceDefinitions`, value: kind ?? null, fix: 'give the definitions alone' });
    }
    return documents.map(keptDefinition);
  }

  private read(file: string): KubernetesObject[] {
    try {
      return parseAllDocuments(readFileSync(file, 'utf8'))
        .map((document) => {
          if (document.errors.length > 0) throw document.errors[0];
          return document.toJS();
        })
        .filter((object) => object !== null && object !== undefined);
    } catch (error) {
      return fail(this, {
        problem: `a file of CustomResourceDefinitions can't be read: ${(error as Error).message}`,
        value: file,
        fix: 'give a file of YAML',
      });
    }
  }
}
