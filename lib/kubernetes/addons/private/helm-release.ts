import { Release } from '@cdktf/provider-helm/lib/release';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { toJson } from '../../../core/quoted-text';
import { TemplateText } from '../../../core/template-text';

/** Values of a chart, as its values.yaml has them. */
export interface ChartValues {
  readonly [name: string]: any;
}

/** A chart where it is found, and how it is installed. */
export interface ReleaseOptions {
  readonly releaseName: string;
  /** Undefined for a chart that is named by an oci:// address or a folder. */
  readonly repository?: string;
  readonly chart: string;
  readonly version?: string;
  readonly namespace: string;
  readonly createNamespace?: boolean;
  /** Later ones win: maps are merged, lists replaced, as Helm does. */
  readonly values: readonly (ChartValues | undefined)[];
  readonly wait?: boolean;
  readonly timeoutSeconds?: number;
  readonly skipCrds?: boolean;
  readonly dependsOn?: ITerraformDependable[];
}

/** Installs a chart. Tokens in the values stay references. Add-ons do it through Addon. */
export function installRelease(scope: Construct, id: string, props: ReleaseOptions): Release {
  widenProviderRanges(scope);
  const values = props.values
    .filter((part): part is ChartValues => part !== undefined && Object.keys(part).length > 0)
    .map((part, i) => new TemplateText(scope, `${id}Values${i === 0 ? '' : i}`, { parts: [toJson(part)] }).value);
  return new Release(scope, id, {
    name: props.releaseName,
    repository: props.repository,
    chart: props.chart,
    version: props.version,
    namespace: props.namespace,
    createNamespace: props.createNamespace ?? false,
    ...(values.length > 0 ? { values } : {}),
    wait: props.wait ?? true,
    timeout: props.timeoutSeconds ?? 600,
    skipCrds: props.skipCrds,
    // The values of the stack are the whole truth: what a chart once was given by hand doesn't linger.
    resetValues: true,
    maxHistory: 5,
    dependsOn: props.dependsOn,
  });
}
