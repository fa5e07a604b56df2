import { Release } from '@cdktf/provider-helm/lib/release';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { valid } from 'semver';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../../../core/apply-order';
import { checkDnsLabel } from '../../../core/naming';
import { check, checkInteger } from '../../../core/validation';
import { installChart } from '../private/helm-release';

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
}

/**
 * Anything else that has a Helm chart, installed in a cluster after its pod network, cloud controller and storage, and removed before them.
 *
 * Creates one Helm release.
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
    this.release = installChart(this, 'Release', {
      ...props,
      releaseName: this.releaseName,
      createNamespace: props.createNamespace ?? true,
      values: [props.values],
    });
    this.resource = this.release;
    inOrder(props.cluster, Tier.ADDON, this.release);
  }

  /** Version of the chart that is installed: what reads it waits until the release is ready. */
  public get installedVersion(): string {
    return this.release.version;
  }
}
