import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { plain } from '../../../core/plain';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { toJson } from '../../../core/quoted-text';
import { TemplateText } from '../../../core/template-text';
import { check, checkListKnown } from '../../../core/validation';
import { ChartAddonProps } from '../chart-addon/chart-addon-props';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { checkChartAddon, installChart, RecordedChart } from '../private/chart-addon';
import { requireCloud } from '../private/cloud';

/** Values: charts/external-dns/values.yaml in the Go module sigs.k8s.io/external-dns v0.23.0. */
const CHART: RecordedChart = {
  name: 'external-dns',
  repository: 'https://kubernetes-sigs.github.io/external-dns/',
  version: '1.22.0',
  namespace: 'kube-system',
  images: [{ image: 'registry.k8s.io/external-dns/external-dns:v0.22.0', repository: 'image.repository', tag: 'image.tag' }],
};
const SECRET = 'designate-dns';
const FOLDER = '/etc/openstack';

/** What becomes of records whose Service or Ingress is gone. */
export enum DnsPolicy {
  /** They go, too. */
  SYNC = 'sync',
  /** They stay. */
  UPSERT_ONLY = 'upsert-only',
}

/** Properties of DesignateDns. */
export interface DesignateDnsProps extends ChartAddonProps {
  /**
   * Image of the webhook that speaks to Designate, with its tag: external-dns itself can't any more (its own provider was removed in 2025). Its makers,
   * inovex, publish `ghcr.io/inovex/external-dns-openstack-webhook`.
   */
  readonly webhookImage: string;
  /**
   * Zones that it may write to, without a dot at the end. At least one: it would write to all zones of the project.
   */
  readonly zones: string[];
  /**
   * What becomes of records that nothing needs any more.
   * @default DnsPolicy.SYNC
   */
  readonly policy?: DnsPolicy;
}

/**
 * Names in Designate for Services of type LoadBalancer and Ingresses, by external-dns: those that ask by the annotation
 * `external-dns.alpha.kubernetes.io/hostname`, and the hosts of Ingresses.
 *
 * Creates the Secret `designate-dns` with a clouds.yaml, and a Helm release in `kube-system` with the webhook beside external-dns. Records carry the
 * cluster's name, so that clusters don't take each other's. Its pods pass the `restricted` level of Pod Security, if the webhook's image runs as no root.
 * Errors: a cluster whose OpenStack isn't known, no zone, an image without a tag.
 */
export class DesignateDns extends Construct {
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: DesignateDnsProps) {
    super(scope, id);
    checkChartAddon(this, props);
    const { cluster, zones } = props;
    const { cloud, credential } = requireCloud(this, cluster);
    checkListKnown(this, 'zones', zones);
    check(this, zones, (given) => given.length > 0, { problem: 'zones must not be empty', fix: 'name the zones that are the cluster’s' });
    for (const zone of zones) {
      check(this, zone, (name) => /^([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]+$/.test(name), {
        problem: 'zones must be names of DNS, without a dot at the end',
        fix: 'write it as apps.example.com',
      });
    }
    check(this, props.webhookImage, (image) => /^\S+:[\w.-]+$/.test(image), {
      problem: 'webhookImage must have a tag',
      fix: 'write it as ghcr.io/inovex/external-dns-openstack-webhook:1.1.0',
    });
    const addon = new Addon(this, cluster, {
      name: 'DesignateDns',
      provides: [ClusterCapability.DNS_RECORDS],
      requires: [{ capability: ClusterCapability.CLOUD_CONTROLLER, because: 'records are of the load balancers that it makes' }],
      after: [ClusterCapability.INGRESS],
    });

    widenProviderRanges(this);
    const ca = cloud.caCertificatePem;
    // JSON is YAML, and its quoting is safe for whatever stands in the credential.
    const clouds = new TemplateText(this, 'CloudsYaml', {
      parts: [
        toJson({
          clouds: {
            openstack: {
              auth_type: 'v3applicationcredential',
              region_name: cloud.region,
              auth: {
                auth_url: cloud.authUrl,
                application_credential_id: credential.applicationCredentialId,
                application_credential_secret: credential.applicationCredentialSecret,
              },
              cacert: ca === undefined ? undefined : `${FOLDER}/ca.crt`,
            },
          },
        }),
      ],
    });
    const secret = new SecretV1(this, 'Secret', {
      metadata: { name: SECRET, namespace: CHART.namespace, labels: { 'app.kubernetes.io/managed-by': 'terraform' } },
      type: 'Opaque',
      data: { 'clouds.yaml': clouds.value, ...(ca === undefined ? {} : { 'ca.crt': ca }) },
    });
    addon.own(secret);
    const [repository, tag] = split(addon.image(props.webhookImage));
    this.resource = installChart(
      addon,
      props,
      CHART,
      {
        provider: {
          name: 'webhook',
          webhook: {
            image: { repository, tag },
            env: [{ name: 'OS_CLOUD', value: 'openstack' }],
            extraVolumeMounts: [{ name: 'clouds', mountPath: FOLDER, readOnly: true }],
          },
        },
        extraVolumes: [{ name: 'clouds', secret: { secretName: SECRET } }],
        podAnnotations: { 'checksum/clouds': plain(clouds.sha256) },
        domainFilters: zones,
        policy: props.policy ?? DnsPolicy.SYNC,
        registry: 'txt',
        txtOwnerId: cluster.clusterName,
        txtPrefix: 'external-dns-',
      },
      [secret],
    );
  }
}

function split(image: string): [string, string] {
  const colon = image.lastIndexOf(':');
  return [image.slice(0, colon), image.slice(colon + 1)];
}
