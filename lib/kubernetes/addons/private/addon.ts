import { Release } from '@cdktf/provider-helm/lib/release';
import { Annotations, ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { AddonRegistry, Declaration } from './addon-registry';
import { ChartImage, imageInEffect, imageValues, isReplaceable, merge } from './chart-images';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { inOrder, Place } from '../../../core/apply-order';
import { ChartValues, installRelease } from '../../../core/helm-release';
import { ImageRegistries } from '../../../core/image-registries';
import { usesOf } from '../../../core/used-images';
import { describe } from '../../../core/validation';

/** A chart as it is published. */
export interface Chart {
  readonly name: string;
  /** Undefined for a chart that is named by an oci:// address or a folder. */
  readonly repository?: string;
  readonly version: string;
  /** What it makes the cluster run. */
  readonly images?: readonly ChartImage[];
}

/** How a chart is installed. */
export interface ChartInstallation {
  readonly chart: Chart;
  readonly releaseName: string;
  readonly namespace: string;
  readonly createNamespace?: boolean;
  /** Ours, then the user's. Later ones win: maps are merged, lists replaced, as Helm does. */
  readonly values: readonly (ChartValues | undefined)[];
  readonly wait?: boolean;
  readonly timeoutSeconds?: number;
  /** Whether what the chart has in its folder `crds` is left out, because it comes by another way. */
  readonly skipCrds?: boolean;
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * An add-on's part in its cluster: declared first, so that what doesn't go together is an error before anything is made; then everything that it
 * installs goes through here and has its place in the order, its images replaced and listed.
 */
export class Addon {
  /** Where images and charts come from. */
  public readonly registries: ImageRegistries;
  private readonly place: Place;

  public constructor(
    private readonly scope: Construct,
    private readonly cluster: IKubernetesCluster,
    private readonly declaration: Declaration,
  ) {
    this.place = AddonRegistry.of(cluster).add(scope, declaration);
    this.registries = ImageRegistries._of(scope, cluster);
  }

  /** Installs a chart. Tokens in the values stay references. */
  public install(id: string, installation: ChartInstallation): Release {
    const { chart } = installation;
    const { images = [], repository, version } = chart;
    const source = this.registries._chart({ repository, chart: chart.name });
    const overlay = imageValues(images, this.registries);
    const release = installRelease(this.scope, id, { ...installation, ...source, version, values: [overlay, ...installation.values] });
    this.list(images, overlay, installation.values);
    if (repository !== undefined || chart.name.startsWith('oci://')) {
      const oci = (address: string) => address.replace(/\/[^/]*$/, '');
      usesOf(this.cluster).charts.push({
        name: chart.name.replace(/^.*\//, ''),
        version,
        repository: source.repository ?? oci(source.chart),
        source: repository ?? oci(chart.name),
        usedBy: this.declaration.name,
      });
    }
    this.own(release);
    return release;
  }

  /** Gives what the add-on makes beside its charts a place in the order. */
  public own(...resources: TerraformResource[]): void {
    inOrder(this.cluster, this.place, ...resources);
  }

  /** An image that a resource of the add-on itself runs: where it comes from here. It is listed. */
  public image(reference: string): string {
    const image = this.registries.image(reference);
    usesOf(this.cluster).images.push({ image, source: reference, usedBy: this.declaration.name });
    return image;
  }

  private list(images: readonly ChartImage[], overlay: ChartValues, given: ChartInstallation['values']): void {
    const users = given.reduce<ChartValues>((sum, part) => merge(sum, part ?? {}), {});
    const merged = merge(overlay, users);
    for (const image of images) {
      usesOf(this.cluster).images.push({ image: imageInEffect(image, merged), source: imageInEffect(image, users), usedBy: this.declaration.name });
      if (isReplaceable(image) || this.registries.image(image.image) === image.image) continue;
      Annotations.of(this.scope).addWarning(
        describe(this.scope, {
          problem: `the chart doesn't let ${image.image} come from another registry`,
          fix: "mirror its registry in the nodes' container runtime",
        }),
      );
    }
  }
}
