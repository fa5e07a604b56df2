import { check, fail, isKnown } from '../core/validation';

/** Options of an image of a distribution, from which the node makes itself. Exactly one of `name` and `id` is given. */
export interface StockImageOptions {
  /**
   * Name of the image: Ubuntu 24.04, Debian 12 or Debian 13 with cloud-init, as the distribution publishes it.
   * @default - given by id
   */
  readonly name?: string;
  /**
   * Id of the image.
   * @default - given by name
   */
  readonly id?: string;
  /**
   * URL of the Debian packages of Kubernetes, for a mirror: a folder with `Packages` in it. It must have the cluster's patch.
   * @default - `https://pkgs.k8s.io/core:/stable:/v<minor>/deb/`
   */
  readonly kubernetesPackages?: string;
  /**
   * Key that signs them, in ASCII armor.
   * @default - fetched once by each node, `Release.key` beside the packages
   */
  readonly kubernetesKey?: string;
  /**
   * URL of the packages of containerd 2.x, for a mirror: a folder with `ubuntu` and `debian` in it. No distribution's own containerd is new enough.
   * @default "https://download.docker.com/linux"
   */
  readonly containerdPackages?: string;
  /**
   * Key that signs them, in ASCII armor.
   * @default - fetched once by each node, `gpg` beside the packages
   */
  readonly containerdKey?: string;
}

/**
 * Which Glance image a node boots from. A prebuilt one has cloud-init, kubelet, kubeadm, kubectl and containerd of the cluster's Kubernetes minor inside;
 * out of a stock one the node makes itself at its first boot, from packages.
 */
export class NodeImage {
  /**
   * The prebuilt image of that name. More than one of that name is an error when Terraform plans: servers never follow an image that was uploaded anew.
   */
  public static byName(name: string): NodeImage {
    if (name === '') fail('NodeImage', { problem: 'name must not be empty', value: name, fix: 'give the name of an image of the cloud' });
    return new NodeImage(name, undefined);
  }

  /** The prebuilt image of that id. */
  public static byId(id: string): NodeImage {
    return new NodeImage(undefined, id);
  }

  /** The same as `byName`, by its other name. */
  public static prebuilt(name: string): NodeImage {
    return NodeImage.byName(name);
  }

  /**
   * An image of a distribution: Ubuntu 24.04, Debian 12 or 13. The node installs containerd 2.x and the cluster's patch of Kubernetes before it joins, some
   * minutes more at each birth; it must reach the packages, directly, by `nodeOptions.proxy` or on a mirror.
   */
  public static stock(options: StockImageOptions): NodeImage {
    const { name, id } = options;
    if ((name === undefined) === (id === undefined)) {
      fail('NodeImage.stock', { problem: 'exactly one of name and id is needed', fix: 'give the name, or the id, of the image' });
    }
    check('NodeImage.stock', name, (v) => v !== '', { problem: 'name must not be empty', fix: 'give the name of an image of the cloud' });
    for (const url of [options.kubernetesPackages, options.containerdPackages]) {
      check('NodeImage.stock', url, (v) => /^https?:\/\/[^\s"$`\\]+$/.test(v), {
        problem: 'packages come from a URL',
        fix: 'write it as https://mirror.example.com/kubernetes/v1.36/deb/',
      });
    }
    for (const key of [options.kubernetesKey, options.containerdKey]) {
      if (key === undefined) continue;
      if (!isKnown(key)) {
        fail('NodeImage.stock', { problem: 'keys must be known at synth, a reference was given', fix: 'read the file at synth: they are public' });
      }
      check('NodeImage.stock', key, (v) => v.startsWith('-----BEGIN PGP PUBLIC KEY BLOCK-----'), {
        problem: 'a key must be in ASCII armor',
        fix: 'give the text that begins with -----BEGIN PGP PUBLIC KEY BLOCK-----',
      });
    }
    return new NodeImage(name, id, options);
  }

  private constructor(
    /** Its name, if it is looked up by name. */
    public readonly name: string | undefined,
    /** Its id, if it was given. */
    public readonly id: string | undefined,
    /** Where its packages come from, if it is a distribution's own. */
    public readonly stockOptions?: StockImageOptions,
  ) {}
}
