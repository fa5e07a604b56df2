import { Release } from '@cdktf/provider-helm/lib/release';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { valid } from 'semver';
import { Addon } from './addon';
import { ChartImage } from './chart-images';
import { ChartValues } from '../../../core/helm-release';
import { check, checkInteger } from '../../../core/validation';
import { ChartAddonProps } from '../chart-addon/chart-addon-props';

/** A published chart in the version whose values were read. */
export interface RecordedChart {
  readonly name: string;
  readonly repository: string;
  readonly version: string;
  readonly namespace: string;
  /** Its images. Tags are those of the recorded version. */
  readonly images: readonly ChartImage[];
}

/** Throws unless version and timeout can be meant. */
export function checkChartAddon(scope: Construct, { chartVersion, timeoutSeconds }: ChartAddonProps): void {
  check(scope, chartVersion, (version) => valid(version) !== null, {
    problem: 'chartVersion must be one exact version of the chart',
    fix: 'write it as 1.2.3, or leave it out',
  });
  checkInteger(scope, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
}

/** Installs a recorded chart with an add-on's values and the user's over them. */
export function installChart(
  addon: Addon,
  props: ChartAddonProps,
  chart: RecordedChart,
  values: ChartValues,
  dependsOn?: ITerraformDependable[],
): Release {
  const version = props.chartVersion ?? chart.version;
  const images = version === chart.version ? chart.images : chart.images.map((image) => ({ ...image, image: image.image.replace(/:[^:/]+$/, '') }));
  return addon.install('Release', {
    chart: { name: chart.name, repository: chart.repository, version, images },
    releaseName: chart.name,
    namespace: chart.namespace,
    createNamespace: chart.namespace !== 'kube-system',
    values: [values, props.values],
    timeoutSeconds: props.timeoutSeconds,
    dependsOn,
  });
}
