import { Release } from '@cdktf/provider-helm/lib/release';
import { AssetType, ITerraformDependable, TerraformAsset, TerraformResourceLifecycle } from 'cdktf';
import { Construct } from 'constructs';
import { widenProviderRanges } from './provider-ranges';
import { toJson } from './quoted-text';
import { TemplateText } from './template-text';

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
  /** Secret values, references by the dotted path of the value. They win over `values`. */
  readonly secretValues?: { readonly [path: string]: string };
  readonly wait?: boolean;
  readonly timeoutSeconds?: number;
  readonly skipCrds?: boolean;
  readonly dependsOn?: ITerraformDependable[];
  readonly lifecycle?: TerraformResourceLifecycle;
}

/** Installs a chart. Tokens in the values stay references. Add-ons do it through Addon. */
export function installRelease(scope: Construct, id: string, props: ReleaseOptions): Release {
  widenProviderRanges(scope);
  const values = props.values
    .filter((part): part is ChartValues => part !== undefined && Object.keys(part).length > 0)
    .map((part, i) => new TemplateText(scope, `${id}Values${i === 0 ? '' : i}`, { parts: [toJson(part)] }).value);
  const secrets = Object.entries(props.secretValues ?? {});
  return new Release(scope, id, {
    name: props.releaseName,
    repository: props.repository,
    chart: props.chart,
    version: props.version,
    namespace: props.namespace,
    createNamespace: props.createNamespace ?? false,
    ...(values.length > 0 ? { values } : {}),
    ...(secrets.length > 0 ? { setSensitive: secrets.map(([name, value]) => ({ name, value, type: 'string' })) } : {}),
    wait: props.wait ?? true,
    timeout: props.timeoutSeconds ?? 600,
    skipCrds: props.skipCrds,
    // The values of the stack are the whole truth: what a chart once was given by hand doesn't linger.
    resetValues: true,
    maxHistory: 5,
    dependsOn: props.dependsOn,
    lifecycle: props.lifecycle,
  });
}

/** A chart's folder among what is synthesised, by its address for Helm: relative to the stack, and another one when its content changes. */
export function localChart(scope: Construct, id: string, folder: string): string {
  return `./${new TerraformAsset(scope, id, { path: folder, type: AssetType.DIRECTORY }).path}`;
}
