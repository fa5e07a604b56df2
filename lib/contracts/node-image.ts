import { fail } from '../core/validation';

/** Which Glance image a node boots from: one with kubelet, kubeadm, kubectl and containerd of the cluster's Kubernetes minor inside. */
export class NodeImage {
  /** The image of that name. More than one of that name is an error when Terraform plans: servers never follow an image that was uploaded anew. */
  public static byName(name: string): NodeImage {
    if (name === '') fail('NodeImage', { problem: 'name must not be empty', value: name, fix: 'give the name of an image of the cloud' });
    return new NodeImage(name, undefined);
  }

  /** The image of that id. */
  public static byId(id: string): NodeImage {
    return new NodeImage(undefined, id);
  }

  private constructor(
    /** Its name, if it is looked up by name. */
    public readonly name: string | undefined,
    /** Its id, if it was given. */
    public readonly id: string | undefined,
  ) {}
}
