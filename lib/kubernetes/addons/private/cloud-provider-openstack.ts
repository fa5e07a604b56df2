/** Where the charts of cloud-provider-openstack are published. */
export const REPOSITORY = 'https://kubernetes.github.io/cloud-provider-openstack';

export const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

export const CONTROL_PLANE_TOLERATION = { key: CONTROL_PLANE_LABEL, operator: 'Exists', effect: 'NoSchedule' };

/** The kubelet's taint with `--cloud-provider=external`, until the cloud controller knows the node. */
export const UNINITIALIZED_TOLERATION = { key: 'node.cloudprovider.kubernetes.io/uninitialized', operator: 'Exists', effect: 'NoSchedule' };
