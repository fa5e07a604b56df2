import { IConstruct } from 'constructs';
import { formatImage, ImageReference, parseImage } from './image-reference';
import { check, checkKnown, fail } from './validation';

/** What stands in for the registries of the world on a site that doesn't reach them. */
export interface ImageRegistriesOptions {
  /**
   * Registries and what replaces them, by host: `{ 'registry.k8s.io': 'harbor.example.com/k8s' }`. A replacement is a host with or without a path
   * in front of the image's own.
   * @default - none, or what `all` says
   */
  readonly registries?: { readonly [registry: string]: string };
  /**
   * What replaces every registry that `registries` doesn't name. Images keep their paths: `registry.k8s.io/sig-storage/csi-attacher` becomes
   * `harbor.example.com/mirror/sig-storage/csi-attacher`.
   * @default - registries that aren't named stay
   */
  readonly all?: string;
  /**
   * Chart repositories and what replaces them, by URL: `{ 'https://helm.cilium.io': 'oci://harbor.example.com/charts' }`. With an `oci://` address
   * the chart's name is appended to it; else it is the URL of a repository.
   * @default - none, or what `allCharts` says
   */
  readonly chartRepositories?: { readonly [repository: string]: string };
  /**
   * What replaces every chart repository that `chartRepositories` doesn't name.
   * @default - repositories that aren't named stay
   */
  readonly allCharts?: string;
}

/** Where a chart is taken from. */
interface ChartSource {
  readonly repository?: string;
  readonly chart: string;
}

const REGISTRIES = Symbol.for('cdktf-strata.image-registries');

type Holder = IConstruct & { [REGISTRIES]?: ImageRegistries };

/**
 * Where images and charts come from on a site without the internet.
 *
 * Said once, for an app, a stack or a cluster, before what it is for: `ImageRegistries.replace(app, { all: 'harbor.example.com/mirror' })`. Every
 * add-on, the images of Kubernetes itself and the list of images follow it. Nothing is created, and nothing is copied: `ClusterAddons.of(cluster).images`
 * is the list of what the site must have.
 */
export class ImageRegistries {
  /**
   * Replaces registries for everything in a scope (an app, a stack), or for everything that is installed on a cluster if the scope is one.
   *
   * Errors: a scope that has its replacements already, or in which something was made that needed them; addresses with a scheme where a registry
   * is meant, or without one where a repository of charts is.
   */
  public static replace(scope: IConstruct, options: ImageRegistriesOptions): ImageRegistries {
    const held = (scope as Holder)[REGISTRIES];
    if (held !== undefined) {
      fail(scope, {
        problem:
          held === ImageRegistries.ORIGINAL
            ? 'something here has its images already, from where their makers publish them'
            : 'registries are replaced here already',
        fix: 'call ImageRegistries.replace once, before add-ons and clusters are made',
      });
    }
    const registries = new ImageRegistries(scope, options);
    Object.defineProperty(scope, REGISTRIES, { value: registries });
    return registries;
  }

  /**
   * What holds for something in `scope` that is installed on `cluster`: the cluster's own, else that of the nearest scope around. From then on it is settled.
   * @internal
   */
  public static _of(scope: IConstruct, cluster: IConstruct): ImageRegistries {
    for (const node of [cluster, ...[...scope.node.scopes].reverse()] as Holder[]) {
      const found = node[REGISTRIES];
      if (found !== undefined && found !== ImageRegistries.ORIGINAL) return found;
      if (found === undefined) Object.defineProperty(node, REGISTRIES, { value: ImageRegistries.ORIGINAL, writable: true, configurable: true });
    }
    return ImageRegistries.ORIGINAL;
  }

  /** Nothing replaced. */
  private static readonly ORIGINAL = new ImageRegistries(undefined, {});

  private constructor(
    scope: IConstruct | undefined,
    private readonly options: ImageRegistriesOptions,
  ) {
    if (scope === undefined) return;
    checkKnown(scope, 'registries', options);
    for (const address of [...Object.entries(options.registries ?? {}).flat(), ...(options.all === undefined ? [] : [options.all])]) {
      check(scope, address, (value) => /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d+)?(\/[a-z0-9][-a-z0-9._/]*)?$/.test(value) && !value.endsWith('/'), {
        problem: 'a registry must be a host with an optional port and path, in lower case and without a scheme',
        fix: 'write it as harbor.example.com or harbor.example.com:5000/mirror',
      });
    }
    for (const address of [
      ...Object.entries(options.chartRepositories ?? {}).flat(),
      ...(options.allCharts === undefined ? [] : [options.allCharts]),
    ]) {
      check(scope, address, (value) => /^(https?|oci):\/\/[^\s/]+/.test(value), {
        problem: 'a repository of charts must be a URL',
        fix: 'write it as https://charts.example.com or oci://harbor.example.com/charts',
      });
    }
  }

  /** Where an image comes from: `registry.k8s.io/pause:3.10.1` becomes `harbor.example.com/mirror/pause:3.10.1`. A digest stays. */
  public image(reference: string): string {
    return formatImage(this._image(parseImage(reference)));
  }

  /** What replaces a registry, with its path: `harbor.example.com/mirror`; the registry itself if nothing does. */
  public registry(host: string): string {
    const { registries = {}, all } = this.options;
    return (Object.hasOwn(registries, host) ? registries[host] : all) ?? host;
  }

  /** @internal */
  public _image(image: ImageReference): ImageReference {
    const [host, ...path] = this.registry(image.registry).split('/');
    return { ...image, registry: host, path: [...path, image.path].join('/') };
  }

  /** @internal */
  public _chart({ repository, chart }: ChartSource): ChartSource {
    if (repository === undefined) return { chart };
    const { chartRepositories = {}, allCharts } = this.options;
    const replaced = (Object.hasOwn(chartRepositories, repository) ? chartRepositories[repository] : allCharts) ?? repository;
    return replaced.startsWith('oci://') ? { chart: `${replaced.replace(/\/+$/, '')}/${chart}` } : { repository: replaced, chart };
  }
}
