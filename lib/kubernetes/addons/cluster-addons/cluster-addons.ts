import { Lazy, TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import { ClusterCapability } from './cluster-capability';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { ClusterChart, ClusterImage } from '../../../core/cluster-image';
import { ImageRegistries } from '../../../core/image-registries';
import { usesOf } from '../../../core/used-images';
import { kubernetesImages } from '../../kubernetes-images';
import { AddonRegistry } from '../private/addon-registry';

/** What is installed on a cluster, by all stacks of the app. */
export class ClusterAddons {
  /** That of a cluster. */
  public static of(cluster: IKubernetesCluster): ClusterAddons {
    return new ClusterAddons(cluster);
  }

  private constructor(private readonly cluster: IKubernetesCluster) {}

  /** Names of the add-ons, in the order in which they were written. */
  public get names(): string[] {
    return AddonRegistry.of(this.cluster).names;
  }

  /**
   * Every image that the cluster runs, as far as this library knows it, sorted, each once for what uses it: Kubernetes' own (unless the cluster was there
   * before), and those of add-ons that have been made until now. Images of a HelmAddon are what it was told (`images`).
   */
  public get images(): ClusterImage[] {
    return sorted([...this.own, ...usesOf(this.cluster).images], ({ source, usedBy }) => `${source} ${usedBy}`);
  }

  /** Every chart that has been installed until now, sorted. */
  public get charts(): ClusterChart[] {
    return sorted(usesOf(this.cluster).charts, ({ name, version, usedBy }) => `${name} ${version} ${usedBy}`);
  }

  /**
   * Says that something comes by other means than this app: by GitOps, by hand. Nothing that requires it is an error then.
   */
  public provideElsewhere(...capabilities: ClusterCapability[]): void {
    AddonRegistry.of(this.cluster).provideElsewhere(capabilities);
  }

  /** An output with all images and charts of the cluster, those that are added later among them: `{ images: […], charts: […] }`. */
  public output(scope: Construct, id: string): TerraformOutput {
    return new TerraformOutput(scope, id, {
      description: `What the cluster ${this.cluster.clusterName} runs: every image and every chart`,
      value: Lazy.anyValue({ produce: () => ({ images: this.images, charts: this.charts }) }),
    });
  }

  private get own(): ClusterImage[] {
    if (this.cluster.imported) return [];
    const registries = ImageRegistries._of(this.cluster, this.cluster);
    return kubernetesImages(this.cluster.version, !this.cluster.cni.replacesKubeProxy).map((source) => ({
      image: registries.image(source),
      source,
      usedBy: 'Kubernetes',
    }));
  }
}

/** Each once, in an order that doesn't depend on who came first. */
function sorted<T>(all: readonly T[], key: (item: T) => string): T[] {
  const unique = new Map(all.map((item) => [key(item), item]));
  return [...unique.keys()].sort().map((name) => unique.get(name)!);
}
